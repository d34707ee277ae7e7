// A request and an answer, both typed by hand; then a browser gets the same answer.
import { type Connection, connect, listen, text } from '@sluice/socket'

const page = '<h1>Hello</h1>\n<p>Somebody typed this by hand.</p>\n'

// #region answer
async function answer(connection: Connection) {
  for (let line = await connection.recvLine(); line?.length; line = await connection.recvLine())
    console.log(`asked  ${text(line)}`)
  await connection.sendAll(
    'HTTP/1.1 200 OK\r\n' +
      'Content-Type: text/html\r\n' +
      `Content-Length: ${page.length}\r\n` +
      'Connection: close\r\n' +
      '\r\n' +
      page,
  )
  await connection.close()
}
// #endregion

const listener = await listen('127.0.0.1:0', { timeout: 5000 })
const { hostname, port } = listener.address as { hostname: string; port: number }
setTimeout(() => listener.close(), 30_000)

// #region ask
const connection = await connect(listener.address)
await connection.sendAll('GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n')
await answer(await listener.accept())
for (let line = await connection.recvLine(); line !== null; line = await connection.recvLine())
  console.log(`told   ${text(line)}`)
// #endregion
await connection.close()

console.log(`\nNow open http://${hostname}:${port}/hello in a browser; it is there for 30 seconds.`)
for await (const browser of listener) answer(browser).catch(() => {})
