import { connect, text } from '@sluice/socket'
import { isProxyError } from '@sluice/socket/proxy'
import { type Server, serve } from '@sluice/socket/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWith, file, folder, startServer } from '../../../../scripts/interop/peer.ts'
import { freePort, inetOf, rejection } from '../kit.ts'

let echo: Server
beforeAll(async () => {
  echo = await serve(async (connection) => {
    for await (const bytes of connection) await connection.sendAll(bytes)
  })
})
afterAll(() => echo.close())

async function ask(proxy: string | string[], hostname = 'localhost'): Promise<string> {
  const { port } = inetOf(echo.address)
  await using connection = await connect({ hostname, port }, { proxy, family: 4 })
  await connection.sendAll('hello')
  return text(await connection.recvExactly(5))
}

describeWith(['microsocks'], 'microsocks', () => {
  test('with and without a password, names and addresses, in a chain', async () => {
    const open = await startServer('microsocks', (port) => ['-i', '127.0.0.1', '-p', String(port)])
    const locked = await startServer('microsocks', (port) => [
      '-i',
      '127.0.0.1',
      '-p',
      String(port),
      '-u',
      'user',
      '-P',
      'pass',
    ])
    const plain = `127.0.0.1:${open.port}`
    expect(await ask(`socks5://${plain}`)).toBe('hello')
    expect(await ask(`socks5h://${plain}`)).toBe('hello')
    expect(await ask(`socks5h://user:pass@127.0.0.1:${locked.port}`)).toBe('hello')
    expect(await ask([`socks5h://${plain}`, `socks5h://user:pass@127.0.0.1:${locked.port}`])).toBe(
      'hello',
    )
    const wrong = await rejection(ask(`socks5h://user:no@127.0.0.1:${locked.port}`))
    expect(isProxyError(wrong, 'ERR_PROXY_AUTH')).toBe(true)
    expect(wrong.message).toContain('refuses the username or password')
    const none = await rejection(ask(`socks5h://127.0.0.1:${locked.port}`))
    expect(isProxyError(none, 'ERR_PROXY_AUTH')).toBe(true)
    const refused = connect(`127.0.0.1:${await freePort()}`, { proxy: `socks5h://${plain}` })
    expect(isProxyError(await rejection(refused), 'ECONNREFUSED')).toBe(true)
  })
})

describeWith(['danted'], 'dante', () => {
  // It takes the 0.0.0.1 of 4a for an address, so that 4a is tested by recorded traces alone.
  test('SOCKS 4, 5 and 5h', async () => {
    const where = folder()
    const server = await startServer('danted', (port) => [
      '-f',
      file(
        where,
        'danted.conf',
        `logoutput: stderr
internal: 127.0.0.1 port = ${port}
external: 127.0.0.1
clientmethod: none
socksmethod: none
client pass { from: 0/0 to: 0/0 }
socks block { from: 0/0 to: 127.0.0.9/32 }
socks pass { from: 0/0 to: 0/0 protocol: tcp }
`,
      ),
    ])
    for (const kind of ['socks4', 'socks5', 'socks5h'])
      expect(await ask(`${kind}://127.0.0.1:${server.port}`)).toBe('hello')
    const blocked = await rejection(ask(`socks5://127.0.0.1:${server.port}`, '127.0.0.9'))
    expect(isProxyError(blocked, 'ERR_PROXY')).toBe(true)
    expect(blocked.message).toContain('not allowed by ruleset')
  })
})
