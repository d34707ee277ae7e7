// Format `http1`: streams of HTTP/1.1 bytes and the verdict that each must get. Every case runs whole, one
// byte at a time, and, below 200 bytes, split at every position; all of them must agree.
import { Http1Machine, isProtocolError } from '../../packages/http/src/parser.ts'

/** One message as the corpus describes it. */
export interface Http1Message {
  method?: string
  target?: string
  status?: number
  reason?: string
  version: string
  headers: [string, string][]
  body: string
  trailers?: [string, string][]
  framing: string
  keepAlive: boolean
  tunnel?: boolean
}

/** One case of the corpus. */
export interface Http1Case {
  name: string
  kind: 'request' | 'response'
  bytes: string
  options: { eof?: boolean; requestMethods?: string[] }
  expect: 'accept' | 'reject' | 'either'
  recommended?: 'accept' | 'reject'
  messages: Http1Message[]
  end: 'complete' | 'need-more' | 'truncated' | 'error'
  remaining: number
  earlyRejectAllowed?: boolean
  also?: string[]
  serverVerdict?: string
  reason?: string
  others?: Record<string, string>
  unsolicited?: boolean
}

/** What the machine made of some bytes. */
export interface Outcome {
  end: Http1Case['end']
  messages: Http1Message[]
  remaining: number
  error?: string
}

/** @returns what is wrong, or `undefined` when the case passes */
export function runHttp1(test: Http1Case): string | undefined {
  const bytes = bytesOf(test)
  const whole = read(test, [bytes])
  const wrong = judge(test, whole)
  if (wrong !== undefined) return wrong
  const expected = JSON.stringify(whole)
  for (const parts of splits(bytes)) {
    const got = JSON.stringify(read(test, parts))
    if (got !== expected)
      return `split ${parts.map((part) => part.length).join('+')}: ${got} instead of ${expected}`
  }
  if (!test.serverVerdict?.startsWith('reject') || whole.end === 'error') return undefined
  return read(test, [bytes], true).end === 'error'
    ? undefined
    : `no error for ${test.serverVerdict}`
}

/** The bytes of a case. */
export function bytesOf(test: Pick<Http1Case, 'bytes'>): Uint8Array {
  return Uint8Array.from(atob(test.bytes), (c) => c.charCodeAt(0))
}

/** What the machine makes of a case, given whole, and whatever its Host. */
export function readWhole(test: Http1Case): Outcome {
  return read(test, [bytesOf(test)])
}

function* splits(bytes: Uint8Array): Generator<Uint8Array[]> {
  yield Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))
  if (bytes.length >= 200) return
  for (let i = 1; i < bytes.length; i++) yield [bytes.subarray(0, i), bytes.subarray(i)]
}

function read(test: Http1Case, parts: Uint8Array[], checkHost = false): Outcome {
  const role = test.kind === 'request' ? 'server' : 'client'
  const machine = new Http1Machine(role, {
    checkHost,
    limits: { pipelined: Number.POSITIVE_INFINITY },
  })
  const methods = [...(test.options.requestMethods ?? [])]
  // `unsolicited` says that the messages listed answer everything that was asked.
  const finals = test.messages.filter((m) => (m.status ?? 0) >= 200).length
  if (test.unsolicited) methods.splice(finals, methods.length)
  const unlimited = test.options.requestMethods === undefined && !test.unsolicited
  if (test.unsolicited) while (methods.length < finals) methods.push('GET')
  const messages: Http1Message[] = []
  let message: Http1Message | undefined
  let body = ''
  let wire = 0

  const ask = (): boolean => {
    const method = methods.shift() ?? (unlimited ? 'GET' : undefined)
    if (method === undefined || !machine.canReuse) return false
    const target = method === 'CONNECT' ? 'h:1' : '/'
    const headers = { Host: 'h', Connection: 'upgrade', Upgrade: 'x' }
    machine.send({
      type: 'request',
      method,
      target,
      headers: method === 'CONNECT' ? [['Host', 'h']] : Object.entries(headers),
    })
    machine.send({ type: 'end' })
    return true
  }

  /** @returns whether the machine has ended */
  const drain = (): boolean => {
    for (;;) {
      if (role === 'client' && machine.awaited === 0 && !machine.isSwitched && !ask()) return false
      const event = machine.next()
      switch (event.type) {
        case 'need-data':
          return false
        case 'paused': {
          const tunnel = messages.at(-1)?.tunnel === true
          if (role === 'client' || machine.clientState !== 'might-switch' || tunnel) return false
          while (machine.awaited > 0) {
            machine.send({ type: 'response', status: 204 })
            machine.send({ type: 'end' })
          }
          break
        }
        case 'closed':
          return true
        case 'data':
          body += String.fromCharCode(...event.data)
          break
        case 'end': {
          const done = message as Http1Message
          done.body = btoa(body)
          if (event.trailers !== undefined) done.trailers = [...event.trailers]
          messages.push(done)
          message = undefined
          body = ''
          break
        }
        default: {
          const tunnel = event.framing === 'tunnel'
          message = {
            ...(event.type === 'request'
              ? { method: event.method, target: event.target }
              : { status: event.status, reason: event.reason }),
            version: `1.${event.minor}`,
            headers: [...event.fields],
            body: '',
            framing: tunnel ? 'none' : event.framing,
            keepAlive: event.keepAlive,
            ...(tunnel ? { tunnel } : {}),
          }
          if (event.type === 'interim') {
            messages.push(message)
            message = undefined
          }
        }
      }
    }
  }

  try {
    for (const part of parts) {
      // A copy that is spoilt afterwards: a machine that keeps a view of what it was given is found out.
      const view = Uint8Array.from(part)
      machine.receive(view)
      drain()
      machine.hold()
      view.fill(0xdd)
    }
    wire = machine.unread
    if (test.options.eof && !machine.isSwitched) {
      machine.receive(null)
      const closed = drain()
      const unanswered = role === 'client' && machine.awaited > 0 && messages.at(-1) !== undefined
      const interim = (messages.at(-1)?.status ?? 200) < 200
      if (closed && unanswered && interim) return { end: 'truncated', messages, remaining: 0 }
    }
  } catch (error) {
    if (!isProtocolError(error, 'remote')) throw error
    const truncated = test.options.eof && /ended/.test(error.reason)
    return { end: truncated ? 'truncated' : 'error', messages, remaining: 0, error: error.reason }
  }
  const midway = message !== undefined || (machine.isMidMessage && !isOver(machine, role))
  return { end: midway ? 'need-more' : 'complete', messages, remaining: wire }
}

/** Whether nothing more is read as HTTP, so that unread bytes are no unfinished message. */
function isOver(machine: Http1Machine, role: 'client' | 'server'): boolean {
  if (role === 'client') return machine.isSwitched || machine.awaited === 0
  return machine.clientState !== 'idle'
}

function judge(test: Http1Case, got: Outcome): string | undefined {
  const rejected = got.end === 'error'
  if (test.expect === 'reject')
    return rejected
      ? sameMessages(test, got, test.also === undefined)
      : `${got.end}, must be refused`
  if (rejected) {
    if (test.expect === 'either' || test.earlyRejectAllowed) return undefined
    return `refused (${got.error}), must be accepted`
  }
  if (got.end !== test.end) return `end ${got.end} instead of ${test.end}`
  if (test.end === 'complete' && got.remaining !== test.remaining)
    return `${got.remaining} bytes remain instead of ${test.remaining}`
  return sameMessages(test, got, true)
}

function sameMessages(test: Http1Case, got: Outcome, strict: boolean): string | undefined {
  if (!strict && got.messages.length < test.messages.length) return undefined
  const wanted = JSON.stringify(test.messages.map(plain))
  const found = JSON.stringify(got.messages.map(plain))
  return wanted === found ? undefined : `messages ${found} instead of ${wanted}`
}

function plain(message: Http1Message): unknown {
  const { method, target, status, reason, version, headers, body, trailers, framing } = message
  const { keepAlive, tunnel } = message
  // A folded line may become one space or several (RFC 9112 §5.2).
  const fold = (fields: [string, string][]) =>
    fields.map(([n, v]) => [n, v.replace(/[\t ]+/g, ' ')])
  return {
    ...{ method, target, status, reason, version, headers: fold(headers), body },
    ...{ trailers: trailers?.length ? fold(trailers) : undefined, framing },
    // After a switch there is no next message to keep the connection for.
    keepAlive: tunnel ? undefined : keepAlive,
    tunnel,
  }
}
