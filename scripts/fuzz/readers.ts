/** The two programs that are compared: our machine, and Node's parser behind its binding. */
import { createRequire } from 'node:module'
import { Http1Machine, type ProtocolError } from '../../packages/http/src/parser.ts'
import { decodeLatin1 } from '../../packages/socket/src/bytes.ts'
import type { Read } from './rfc.ts'

/** What to read: the bytes, and what was asked where they are an answer. */
export interface Input {
  readonly text: string
  readonly bytes: Uint8Array
  /** The method that a response answers; `undefined`: these are requests. */
  readonly asked: string | undefined
}

/** What was read, complete messages alone, and why no more was. */
export interface Reading {
  readonly found: readonly Read[]
  readonly why: string | undefined
}

const ANSWER = { type: 'response', status: 204 } as const
const END = { type: 'end' } as const

/** Our machine; `cuts` are where the bytes come in pieces. @throws whatever is no remote `ProtocolError` */
export function readOurs({ bytes, asked }: Input, cuts: readonly number[]): Reading {
  const machine = new Http1Machine(asked === undefined ? 'server' : 'client')
  if (asked !== undefined) {
    machine.send({ type: 'request', method: asked, target: '/', headers: [['Host', 'h']] })
    machine.send(END)
  }
  const found: Read[] = []
  let message: Read | undefined
  try {
    let from = 0
    for (let i = 0; i <= cuts.length + 1; i++) {
      if (i > cuts.length) machine.receive(null)
      else {
        const to = cuts[i] ?? bytes.length
        machine.receive(bytes.subarray(from, to))
        from = to
      }
      for (let isDry = false; !isDry; ) {
        const event = machine.next()
        switch (event.type) {
          case 'request':
          case 'response': {
            const fields: string[] = []
            for (const [name, value] of event.fields) fields.push(`${name}: ${value}`)
            const what =
              event.type === 'request' ? `${event.method} ${event.target}` : String(event.status)
            message = { what, fields, body: '' }
            break
          }
          case 'interim':
            break
          case 'data':
            ;(message as Read).body += decodeLatin1(event.data)
            break
          case 'end':
            found.push(message as Read)
            if (asked === undefined) {
              machine.send(ANSWER)
              machine.send(END)
            }
            break
          default:
            isDry = true
        }
      }
    }
    return { found, why: undefined }
  } catch (error) {
    const { side, reason } = error as Partial<ProtocolError>
    if (side !== 'remote' || reason === undefined) throw error
    return { found, why: reason }
  }
}

interface NodeParser {
  initialize(type: number, resource: object): void
  execute(bytes: Uint8Array): unknown
  finish(): unknown
  [callback: number]: (...facts: never[]) => number | undefined
}
const { HTTPParser, methods } = createRequire(import.meta.url)('node:_http_common')
/** The number that llhttp has for CONNECT. */
const CONNECT = 5

let seen: Read[] = []
let message: Read | undefined
let lines: string[] = []
let url = ''
let method: string | undefined
const parser: NodeParser = new HTTPParser()
const keep = (flat: readonly string[]): void => {
  for (let i = 0; i < flat.length; i += 2) lines.push(`${flat[i]}: ${flat[i + 1]}`)
}
// More than 32 lines come in parts, and so does every head behind trailers; those are not compared.
parser[HTTPParser.kOnHeaders | 0] = (...[flat, part]: [readonly string[], string]) => {
  if (message !== undefined) return undefined
  keep(flat)
  url += part
  return undefined
}
parser[HTTPParser.kOnHeadersComplete | 0] = (
  ...[, , flat, number, target, status, , upgrade]: [
    0,
    0,
    string[] | undefined,
    number,
    string | undefined,
    number,
    0,
    boolean,
  ]
) => {
  if (flat !== undefined) keep(flat)
  message = {
    what: method === undefined ? `${methods[number]} ${target ?? url}` : String(status),
    fields: lines,
    body: '',
  }
  lines = []
  url = ''
  if (method === undefined) return number === CONNECT ? 2 : 0
  if (status < 200 && status !== 101) return 1
  if (upgrade) return 2
  return method === 'HEAD' ? 1 : 0
}
parser[HTTPParser.kOnBody | 0] = (piece: Buffer) => {
  ;(message as Read).body += piece.toString('latin1')
  return 0
}
parser[HTTPParser.kOnMessageComplete | 0] = () => {
  const { what } = message as Read
  if (method === undefined || what >= '200') seen.push(message as Read)
  message = undefined
  return 0
}

/** Node's parser, llhttp, as node:http asks it. One is enough: it is made ready again for each input. */
export function readNode({ bytes, asked }: Input): Reading {
  seen = []
  lines = []
  url = ''
  message = undefined
  method = asked
  parser.initialize(asked === undefined ? HTTPParser.REQUEST : HTTPParser.RESPONSE, {})
  let result = parser.execute(bytes)
  if (!(result instanceof Error)) result = parser.finish()
  const why = result instanceof Error ? String((result as { code?: string }).code) : undefined
  return { found: seen, why }
}
