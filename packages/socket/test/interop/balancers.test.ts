import { connect, listen, text } from '@sluice/socket'
import { expect, test } from 'vitest'
import { describeWith, file, folder, startServer } from '../../../../scripts/interop/peer.ts'
import { inetOf } from '../kit.ts'

const client = {
  source: { hostname: '203.0.113.7', port: 50_000 },
  destination: { hostname: '198.51.100.1', port: 443 },
}
const trusted = { proxyProtocol: { from: ['127.0.0.0/8'] } }

describeWith(['haproxy'], 'haproxy', () => {
  test.each([
    ['send-proxy', 1],
    ['send-proxy-v2', 2],
  ])(
    'tells us who its client is by %s, and believes what we say of ours',
    async (word, version) => {
      await using listener = await listen('127.0.0.1:0', trusted)
      const backend = inetOf(listener.address).port
      const where = folder()
      const config = (port: number) => `
defaults
  mode tcp
  timeout connect 5s
  timeout client 5s
  timeout server 5s
listen test
  bind 127.0.0.1:${port} accept-proxy
  server ours 127.0.0.1:${backend} ${word}
`
      const balancer = await startServer('haproxy', (port) => [
        '-db',
        '-f',
        file(where, 'haproxy.cfg', config(port)),
      ])
      for (const said of [1, 2] as const) {
        const connection = await connect(`127.0.0.1:${balancer.port}`, {
          proxyProtocol: { version: said, ...client },
        })
        await connection.sendAll('hello')
        let accepted = await listener.accept()
        // The probe that asked whether it listens may be there too: a client without a header is never passed on.
        while (accepted.proxied?.source?.hostname !== client.source.hostname)
          accepted = await listener.accept()
        expect(accepted.proxied).toMatchObject({
          version,
          source: client.source,
          destination: client.destination,
        })
        expect(accepted.remoteAddress).toEqual({ family: 'IPv4', ...client.source })
        expect(text(await accepted.recvExactly(5))).toBe('hello')
        await Promise.all([connection.close(), accepted.close()])
      }
    },
  )
})

describeWith(['nginx'], 'nginx', () => {
  test('tells us who its client is, and believes what we say of ours', async () => {
    await using listener = await listen('127.0.0.1:0', trusted)
    const backend = inetOf(listener.address).port
    const where = folder()
    const config = (port: number) => `
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
master_process off;
pid ${where}/nginx.pid;
error_log stderr;
events {}
stream {
  server {
    listen 127.0.0.1:${port} proxy_protocol;
    set_real_ip_from 127.0.0.1;
    proxy_protocol on;
    proxy_pass 127.0.0.1:${backend};
  }
}
`
    const balancer = await startServer('nginx', (port) => [
      '-p',
      where,
      '-e',
      'stderr',
      '-c',
      file(where, 'nginx.conf', config(port)),
    ])
    for (const version of [1, 2] as const) {
      const connection = await connect(`127.0.0.1:${balancer.port}`, {
        proxyProtocol: { version, ...client },
      })
      await connection.sendAll('hello')
      const accepted = await listener.accept()
      expect(accepted.proxied?.version).toBe(1)
      expect(accepted.remoteAddress).toMatchObject({ hostname: client.source.hostname })
      expect(text(await accepted.recvExactly(5))).toBe('hello')
      await Promise.all([connection.close(), accepted.close()])
    }
  })
})
