// Used by pack-check.mjs in an empty folder with the three tarballs installed: every door is opened, and the same
// bytes pass through all three layers.
import { serve } from '@sluice/http'
import { Headers } from '@sluice/http/headers'
import { Http1Machine } from '@sluice/http/parser'
import { connect, listen, text, udp } from '@sluice/socket'
import { ReceiveBuffer } from '@sluice/socket/bytes'
import { isNetError } from '@sluice/socket/errors'
import { socket as pySocket } from '@sluice/socket/python'
import { memoryPair } from '@sluice/socket/testing'
import { nextId } from '@sluice/socket/trace'
import { fetch, isFetchError, urlsplit } from '@sluice/url'
import { urljoin } from '@sluice/url/parse'
import { urllib } from '@sluice/url/python'

const check = (ok, what) => {
  if (!ok) throw new Error(`smoke: ${what}`)
}
const listener = await listen('127.0.0.1:0')
const [client, server] = await Promise.all([connect(listener.address), listener.accept()])
await client.sendAll('Hello, World!')
check(text(await server.recv()) === 'Hello, World!', 'TCP')
await Promise.all([client.close(), server.close(), listener.close()])

const [a, b] = memoryPair()
await a.sendAll('memory')
check(text(await b.recv()) === 'memory', 'memory')
await Promise.all([a.close(), b.close()])

const [c, d] = [await udp('127.0.0.1:0'), await udp('127.0.0.1:0')]
await c.send('datagram', d.address)
check(text((await d.recv()).data) === 'datagram', 'UDP')
await Promise.all([c.close(), d.close()])

const web = await serve(
  (request) => new Response(`you asked for ${new URL(request.url).pathname}`),
  {
    target: '127.0.0.1:0',
  },
)
const response = await fetch(`${web.url}z`)
check((await response.text()) === 'you asked for /z', 'fetch')
check(response instanceof globalThis.Response, 'instanceof')
await web.close()
const error = await fetch(`${web.url}z`).catch((e) => e)
check(isFetchError(error) && isNetError(error.cause), 'an error across packages')

check(
  urlsplit('http://h/p?q').query === 'q' && urljoin('http://h/a/b', 'c') === 'http://h/a/c',
  'urls',
)
check(urllib.parse.quote('a b') === 'a%20b' && pySocket.htons(1) === 256, 'Python doors')
check(
  new Headers([['A', '1']]).get('a') === '1' && new Http1Machine('server') && nextId() > 0,
  'pure doors',
)
check(new ReceiveBuffer().length === 0, 'bytes')
console.log('smoke ok')
