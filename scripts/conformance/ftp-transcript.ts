// Format `ftp-transcript`: a control connection as it was recorded. Played back by a server that answers each command as
// it was answered then, whole and a byte at a time; our client does what the recorded one wanted, and has to hear what
// that one heard: the same replies, and refusals as errors with the recorded code.
import {
  type Connection,
  connect,
  type InetAddress,
  type Listener,
  listen,
} from '../../packages/socket/src/index.ts'
import { type FtpClient, FtpError, openFtp } from '../../packages/url/src/ftp.ts'
import type { Case, Verdict } from './corpus.ts'

type Line = readonly ['C' | 'S', string]
/** A command, and what was said to it. */
interface Turn {
  readonly verb: string
  readonly argument: string
  readonly replies: readonly string[]
}

const FILE = 'ten bytes!'
const TRANSFERS = new Set(['RETR', 'STOR', 'APPE', 'LIST', 'NLST'])

/** @returns what is wrong, or `undefined` */
export async function runFtpTranscript(test: Case): Promise<Verdict> {
  const { greeting, turns } = turnsOf(test['lines'] as readonly Line[])
  for (const chunk of [65_536, 1]) {
    await using replay = await Replay.start(greeting, turns, chunk)
    const verdict = await want(replay, turns)
    if (verdict !== undefined) return `${chunk === 1 ? 'a byte at a time: ' : ''}${verdict}`
  }
  return undefined
}

function turnsOf(lines: readonly Line[]): { greeting: string; turns: Turn[] } {
  let greeting = ''
  const turns: (Turn & { replies: string[] })[] = []
  for (const [who, text] of lines) {
    if (who === 'C') {
      const [verb = '', argument = ''] = text.trimEnd().split(/ (.*)/s)
      turns.push({ verb, argument, replies: [] })
    } else if (turns.length === 0) greeting += text
    else turns.at(-1)?.replies.push(text)
  }
  return { greeting, turns }
}

const codeOf = ({ replies }: Turn): number =>
  Number(replies.join('').trimEnd().split('\r\n').at(-1)?.slice(0, 3))

/** Does with our client what the recorded one did. */
async function want(replay: Replay, turns: readonly Turn[]): Promise<Verdict> {
  const said = (verb: string): Turn | undefined => turns.find((turn) => turn.verb === verb)
  const login = said('PASS')
  let client: FtpClient
  try {
    client = await openFtp(`ftp://127.0.0.1:${replay.port}`, {
      user: said('USER')?.argument,
      password: login?.argument,
      mode: said('EPRT') === undefined ? 'passive' : 'active',
    })
  } catch (error) {
    const refused = login !== undefined && codeOf(login) >= 400
    if (refused && error instanceof FtpError && error.reply.code === codeOf(login)) return undefined
    return `login: ${String(error)}`
  }
  try {
    let isText = false
    for (const turn of turns) {
      if (turn.verb === 'TYPE') isText = turn.argument === 'A'
      const heard = await outcomeOf(act(client, turn, isText))
      // A turn without a reply is where the recording ends.
      if (heard === undefined || turn.replies.length === 0) continue
      const wanted = codeOf(turn) >= 400 ? String(codeOf(turn)) : 'done'
      if (heard !== wanted) return `${turn.verb} ${turn.argument}: ${heard} instead of ${wanted}`
    }
  } finally {
    await client.close()
  }
  if (said('STOR') && codeOf(said('STOR') as Turn) < 400 && replay.received !== FILE)
    return `STOR wrote ${JSON.stringify(replay.received)}`
  return undefined
}

/** What a recorded command wanted, in the words of our client; nothing for what a client decides by itself. */
function act(
  client: FtpClient,
  { verb, argument }: Turn,
  isText: boolean,
): Promise<unknown> | undefined {
  const type = isText ? 'ascii' : 'binary'
  switch (verb) {
    case 'PWD':
      return client.pwd()
    case 'CWD':
      return client.cd(argument)
    case 'SIZE':
      return client.size(argument)
    case 'MDTM':
      return client.modified(argument)
    case 'RETR':
      return client.read(argument, { type }).then(async (download) => {
        const text = await download.text()
        if (text !== FILE) throw new Error(`read ${JSON.stringify(text)}`)
      })
    case 'STOR':
    case 'APPE':
      return client.write(argument, FILE, { append: verb === 'APPE' })
    case 'LIST':
    case 'NLST':
      return client.lines(verb, argument)
    case 'RNTO':
      return client.rename('from', argument)
    case 'DELE':
      return client.remove(argument)
    case 'MKD':
      return client.mkdir(argument)
    case 'NOOP':
    case 'SYST':
      return client.send(verb)
    default:
      return undefined
  }
}

async function outcomeOf(work: Promise<unknown> | undefined): Promise<string | undefined> {
  if (work === undefined) return undefined
  try {
    await work
    return 'done'
  } catch (error) {
    return error instanceof FtpError ? String(error.reply.code) : String(error)
  }
}

/** Answers as it was answered then. */
class Replay implements AsyncDisposable {
  received = ''
  readonly #listener: Listener
  readonly #greeting: string
  readonly #turns: Turn[]
  readonly #chunk: number
  #data: Promise<Connection> | undefined

  private constructor(listener: Listener, greeting: string, turns: Turn[], chunk: number) {
    this.#listener = listener
    this.#greeting = greeting
    this.#turns = turns
    this.#chunk = chunk
  }

  static async start(greeting: string, turns: readonly Turn[], chunk: number): Promise<Replay> {
    const replay = new Replay(await listen('127.0.0.1:0'), greeting, [...turns], chunk)
    // A client that is refused breaks the connection off; what it heard is asked of it.
    replay.#serve().catch(() => {})
    return replay
  }

  get port(): number {
    return (this.#listener.address as InetAddress).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener.close()
  }

  async #serve(): Promise<void> {
    const control = await this.#listener.accept()
    try {
      await this.#say(control, this.#greeting)
      for (;;) {
        const line = await control.recvLine(8192)
        if (line === null) break
        const [verb = '', argument = ''] = new TextDecoder('latin1').decode(line).split(/ (.*)/s)
        await this.#answer(control, verb, argument)
      }
    } finally {
      await control.close()
    }
  }

  async #say(control: Connection, text: string): Promise<void> {
    const bytes = Buffer.from(text, 'latin1')
    for (let at = 0; at < bytes.length; at += this.#chunk)
      await control.sendAll(bytes.subarray(at, at + this.#chunk))
  }

  async #answer(control: Connection, verb: string, argument: string): Promise<void> {
    const [first = '', ...rest] = await this.#repliesTo(verb, argument)
    await this.#say(control, first)
    if (TRANSFERS.has(verb) && first.startsWith('1')) await this.#transfer(verb)
    for (const reply of rest) await this.#say(control, reply)
  }

  /** As recorded; a client may ask for more than the recorded one did, and in another order. */
  async #repliesTo(verb: string, argument: string): Promise<readonly string[]> {
    const at = this.#turns.findIndex((turn) => turn.verb === verb && turn.argument === argument)
    const turn =
      at === -1 ? this.#turns.find((one) => one.verb === verb) : this.#turns.splice(at, 1)[0]
    if (verb === 'EPSV' || verb === 'PASV') return this.#passive(verb, turn)
    if (verb === 'PORT') {
      const [high = 0, low = 0] = argument.split(',').slice(4).map(Number)
      this.#data = connect({ hostname: '127.0.0.1', port: high * 256 + low })
      // Recorded clients say it with EPRT, which has the same answers.
      return this.#turns.find((one) => one.verb === 'EPRT')?.replies ?? ['500 Not recorded\r\n']
    }
    if (turn !== undefined) return turn.replies
    if (verb === 'TYPE') return [`200 ${argument}\r\n`]
    return [verb === 'RNFR' ? '350 Go on\r\n' : '502 Not recorded\r\n']
  }

  /** The recorded words, with a port that is open now. */
  async #passive(verb: string, turn: Turn | undefined): Promise<readonly string[]> {
    if (turn === undefined) return ['500 Not recorded\r\n']
    const listener = await listen('127.0.0.1:0')
    this.#data = listener.accept().finally(() => listener.close())
    const { port } = listener.address as InetAddress
    const text = turn.replies.join('')
    return [
      verb === 'EPSV'
        ? text.replace(/\|\d+\|\)/, `|${port}|)`)
        : text.replace(/,\d+,\d+\)/, `,${port >> 8},${port & 255})`),
    ]
  }

  async #transfer(verb: string): Promise<void> {
    const data = await this.#data
    if (data === undefined) return
    if (verb === 'RETR') await data.sendAll(FILE)
    if (verb === 'STOR' || verb === 'APPE')
      for await (const piece of data) this.received += new TextDecoder().decode(piece)
    await data.close()
  }
}
