/** What must hold of every input, whatever it is. */
import { type Input, type Reading, readNode, readOurs } from './readers.ts'
import { type Read, readRequests, readResponse } from './rfc.ts'

/** Where Node's parser departs from the RFC, and is not asked: why, and how it is known. */
const NODE_DEPARTS: readonly RegExp[] = [
  // llhttp knows no tab behind `chunked`, and reads a response until the connection ends; OWS has it (RFC 9110 §5.6.3).
  /^transfer-encoding:[^\r\n]*\t[\t ]*\r$/im,
]

/** How an input was read. */
export interface Judgement {
  readonly ours: Reading
  readonly node: Reading
  /** Messages that both have read. */
  readonly both: number
}

/**
 * Judges an input.
 *
 * @param input what is read
 * @param cuts where it comes in pieces
 * @param read our reader; another one in the test of this file
 * @throws {Error} we read otherwise in pieces than whole; a message that the RFC does not have; another one than Node
 */
export function judge(
  input: Input,
  cuts: readonly number[],
  read: typeof readOurs = readOurs,
): Judgement {
  const ours = read(input, [])
  if (cuts.length > 0) expectSame('whole and in pieces', ours, read(input, cuts))
  const { text, asked } = input
  const { found } = ours
  // Where nothing was accepted nothing has to be right.
  const rfc = found.length === 0 ? [] : readOf(text, asked, found.length)
  expectSame('by us and by the RFC', found, rfc)
  const node = readNode(input)
  const isAsked = !NODE_DEPARTS.some((pattern) => pattern.test(text))
  const both = isAsked ? Math.min(found.length, node.found.length) : 0
  for (let i = 0; i < both; i++)
    expectSame('by us and by Node', found[i] as Read, node.found[i] as Read)
  return { ours, node, both }
}

function readOf(text: string, asked: string | undefined, count: number): Read[] {
  return asked === undefined ? readRequests(text, count) : readResponse(text, asked)
}

function expectSame(how: string, one: unknown, other: unknown): void {
  const [a, b] = [JSON.stringify(one), JSON.stringify(other)]
  if (a !== b) throw new Error(`read differently ${how}:\n  ${a}\n  ${b}`)
}
