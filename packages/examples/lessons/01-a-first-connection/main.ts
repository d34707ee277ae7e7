// Two ends of one connection, in one program.
import { AF_INET, SOCK_STREAM, socket, text } from '@sluice/socket'

// #region listen
const server = socket(AF_INET, SOCK_STREAM)
await server.bind(['127.0.0.1', 0])
await server.listen(5)
const address = server.getsockname()
// #endregion
console.log('the server listens; a client may come')

// #region both
async function serveOne() {
  const [connection] = await server.accept()
  const data = await connection.recv(1024)
  await connection.send(`You said: ${text(data)}`)
  connection.close()
}

async function call() {
  const client = socket(AF_INET, SOCK_STREAM)
  await client.connect(address)
  await client.send('Hello, World!')
  console.log(text(await client.recv(1024)))
  client.close()
}

await Promise.all([serveOne(), call()])
// #endregion
server.close()
