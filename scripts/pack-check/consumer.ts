// Compiled by pack-check.mjs against the installed tarballs, with skipLibCheck off: the declarations that users
// get are sound, with and without the DOM library.
import { type Handler, request, type Server, serve } from '@sluice/http'
import { Headers } from '@sluice/http/headers'
import { Http1Machine } from '@sluice/http/parser'
import {
  AF_INET,
  type Connection,
  connect,
  listen,
  SOCK_STREAM,
  socket,
  text,
  udp,
} from '@sluice/socket'
import { type Framer, lines, ReceiveBuffer } from '@sluice/socket/bytes'
import { isNetError, type NetError } from '@sluice/socket/errors'
import { checkStream, FakeClock, memoryPair } from '@sluice/socket/testing'
import type { SocketTraceEvent } from '@sluice/socket/trace'
import { fetch, isFetchError, type SplitResult, urlsplit } from '@sluice/url'
import { urljoin } from '@sluice/url/parse'
import { kw, urllib } from '@sluice/url/python'

export async function everything(): Promise<string[]> {
  const s = socket(AF_INET, SOCK_STREAM)
  const data: Uint8Array<ArrayBuffer> | null = await s.recv(1024)
  const connection: Connection = await connect(
    { hostname: 'h', port: 1 },
    { timeout: { connect: 5 } },
  )
  for await (const bytes of connection) text(bytes)
  const listener = await listen({ path: '/tmp/x' })
  const { data: datagram } = await (await udp()).recv()
  const handler: Handler = (incoming: Request) => new Response(incoming.body, { status: 200 })
  const server: Server = await serve(handler, { target: '127.0.0.1:0' })
  const answer: Response = (await fetch(server.url)) as unknown as Response
  const direct = await request(server.url, { method: 'POST', body: 'x' })
  const parts: SplitResult = urlsplit('http://h/')
  const framer: Framer = lines()
  framer.take(new ReceiveBuffer())
  const machine = new Http1Machine('client')
  const [a] = memoryPair({ clock: new FakeClock() })
  const cases = checkStream(() => memoryPair())
  const onEvent = (event: SocketTraceEvent): number => event.t
  const told = (error: unknown): string =>
    isNetError(error) ? (error satisfies NetError).code : isFetchError(error) ? error.phase : ''
  await using disposable = listener
  urllib.parse.parse_qs('a=1', kw({ keep_blank_values: true }))
  return [
    ...[
      text(data),
      text(datagram),
      answer.statusText,
      String(direct.status),
      parts.scheme,
      machine.role,
    ],
    ...[
      urljoin('a', 'b'),
      told(a),
      String(onEvent),
      String(cases.length),
      String(new Headers()),
      String(disposable.pending),
    ],
  ]
}
