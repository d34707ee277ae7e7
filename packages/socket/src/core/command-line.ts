/**
 * The command line of `sluice-socket`: what there is to say, and what it means. Pure: arguments in, a plan out, or the
 * one sentence that says what is wrong with them.
 */
import { isTls, parseTarget } from './address.ts'
import type { LinkOptions } from './link.ts'
import { printable } from './quote.ts'

/** A flag of the command. */
interface Flag {
  readonly short?: string
  /** The word for its value; none for a switch. */
  readonly value?: string
  readonly help: string
}

const COMMON = {
  verbose: { short: 'v', help: 'show what happens, and the bytes both ways, on the error output' },
  json: { help: 'say what happened as JSON, a line each, on the error output' },
  timeout: { value: 'SECONDS', help: 'give up after so long without a byte; and for connecting' },
  udp: { short: 'u', help: 'datagrams instead of a stream' },
  help: { short: 'h', help: 'this' },
} as const satisfies Record<string, Flag>

const TLS_CLIENT = {
  tls: { help: 'speak TLS; as a target tls://' },
  ca: { value: 'FILE', help: 'trust these issuers (PEM), and no others' },
  'server-name': { value: 'NAME', help: 'whom to expect, when it is not the host' },
  insecure: { short: 'k', help: 'do not look at the certificate' },
  proxy: {
    short: 'x',
    value: 'URL',
    help: 'go through a proxy, socks5h://host:1080; more than once for several',
  },
} as const satisfies Record<string, Flag>

const LINK = {
  latency: { value: 'MS', help: 'hold everything back for so long' },
  jitter: { value: 'MS', help: 'and up to so much longer' },
  loss: { value: 'SHARE', help: 'lose this share, 0 to 1 (a stream sends it again, later)' },
  rate: { value: 'BYTES', help: 'let no more than so many bytes a second pass' },
  chunk: { value: 'BYTES', help: 'hand on in pieces of at most so many bytes' },
} as const satisfies Record<string, Flag>

interface CommandSpec {
  readonly operands: string
  readonly help: string
  readonly flags: Readonly<Record<string, Flag>>
}

const COMMANDS = {
  connect: {
    operands: 'TARGET',
    help: 'Sends what comes in on standard input, writes what comes back to standard output.',
    flags: {
      ...TLS_CLIENT,
      ipv4: { short: '4', help: 'only IPv4' },
      ipv6: { short: '6', help: 'only IPv6' },
      crlf: { short: 'C', help: 'send CRLF for each line end' },
      scan: { short: 'z', help: 'connect, say so, send nothing' },
      ...COMMON,
    },
  },
  listen: {
    operands: 'TARGET',
    help: 'Takes one connection (or, with --keep, one after the other) and does with it as connect does.',
    flags: {
      keep: { short: 'k', help: 'go on after the first connection' },
      echo: { help: 'send back what comes; implies --keep, and any number at once' },
      exec: {
        short: 'e',
        value: 'COMMAND',
        help: 'give each connection to a program; implies --keep',
      },
      cert: { value: 'FILE', help: 'speak TLS with this certificate (PEM)' },
      key: { value: 'FILE', help: 'and this key' },
      ...COMMON,
    },
  },
  relay: {
    operands: 'FROM TO',
    help: 'Listens at FROM, and forwards each connection to TO and back.',
    flags: {
      ...LINK,
      ...TLS_CLIENT,
      record: { value: 'FILE', help: 'write what passes, as JSON, a line each' },
      verbose: COMMON.verbose,
      json: COMMON.json,
      timeout: COMMON.timeout,
      help: COMMON.help,
    },
  },
} as const satisfies Record<CommandName, CommandSpec>

/** The commands there are. */
type CommandName = 'connect' | 'listen' | 'relay'

/**
 * Flags beside which others would mean nothing: left out in silence, `--udp --tls` would send in the clear what was to be
 * secret.
 */
const ALONE: Readonly<Record<string, readonly string[]>> = {
  udp: [...Object.keys(TLS_CLIENT), 'scan', 'exec', 'cert', 'key'],
  echo: ['exec'],
  ipv4: ['ipv6'],
}

/** What the arguments ask for. */
export interface CommandPlan {
  readonly command: CommandName
  readonly operands: readonly string[]
  readonly flags: ReadonlyMap<string, readonly string[]>
}

/** A command line that can't be meant. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/**
 * Reads the arguments.
 *
 * @returns the plan, or the text to print when help was asked for
 * @throws {UsageError} {SyntaxError} for what is no target
 */
export function parseCommandLine(args: readonly string[]): CommandPlan | string {
  const [first, ...rest] = args
  if (first === undefined || first === 'help' || first === '--help' || first === '-h')
    return usage()
  if (!isCommand(first))
    throw new UsageError(
      `there is no command '${printable(first)}'; there are ${Object.keys(COMMANDS).join(', ')}`,
    )
  const spec: Record<string, Flag> = COMMANDS[first].flags
  const flags = new Map<string, string[]>()
  const operands: string[] = []
  for (let i = 0; i < rest.length; i++) {
    const arg = rest[i] as string
    if (arg === '--') {
      operands.push(...rest.slice(i + 1))
      break
    }
    if (!/^-./.test(arg)) {
      operands.push(arg)
      continue
    }
    for (const { name, given } of namesOf(first, spec, arg)) {
      const needsValue = spec[name]?.value !== undefined
      if (!needsValue && given !== undefined)
        throw new UsageError(`${first}: --${name} takes no value`)
      const value = needsValue ? (given ?? rest[++i]) : ''
      if (value === undefined)
        throw new UsageError(`${first}: --${name} needs a value: ${spec[name]?.value}`)
      flags.set(name, [...(flags.get(name) ?? []), value])
    }
  }
  if (flags.has('help')) return usageOf(first)
  checkTogether(first, flags)
  const targets = targetsOf(first, operands)
  checkSecured(first, flags, targets.at(-1) as string)
  return { command: first, operands: targets, flags }
}

/** @throws {UsageError} */
function checkTogether(command: CommandName, flags: ReadonlyMap<string, unknown>): void {
  for (const [name, others] of Object.entries(ALONE)) {
    const other = flags.has(name) ? others.find((one) => flags.has(one)) : undefined
    if (other !== undefined)
      throw new UsageError(`${command}: --${name} and --${other} do not go together`)
  }
  if (flags.has('key') && !flags.has('cert'))
    throw new UsageError(`${command}: --key without --cert, the certificate that it belongs to`)
}

/** Who says how to look at a certificate means TLS, and is not to be sent in the clear. @throws {UsageError} */
function checkSecured(
  command: CommandName,
  flags: ReadonlyMap<string, unknown>,
  target: string,
): void {
  const one = ['ca', 'server-name', 'insecure'].find((name) => flags.has(name))
  if (one !== undefined && !flags.has('tls') && !isTls(target))
    throw new UsageError(`${command}: --${one} without --tls, or a target tls://`)
}

/** `--name=value`, `--name`, or `-abc`, of which the last may take a value. */
function namesOf(
  command: string,
  spec: Readonly<Record<string, Flag>>,
  arg: string,
): { name: string; given: string | undefined }[] {
  const [, long, given] = /^--([a-z0-9-]+)(?:=(.*))?$/s.exec(arg) ?? []
  if (long !== undefined && Object.hasOwn(spec, long)) return [{ name: long, given }]
  const letters = arg.startsWith('--') ? [] : arg.slice(1).split('')
  const names = letters.map((letter) =>
    Object.keys(spec).find((name) => spec[name]?.short === letter),
  )
  if (names.length > 0 && names.every((name) => name !== undefined))
    return names.map((name) => ({ name: name as string, given: undefined }))
  throw new UsageError(`${command}: there is no option ${printable(arg)}; --help lists them`)
}

/** Targets, also in nc's way of writing: `host port`. @throws {UsageError | SyntaxError} */
function targetsOf(command: CommandName, operands: readonly string[]): string[] {
  const wanted = COMMANDS[command].operands.split(' ').length
  const [host, port] = operands
  if (wanted === 1 && operands.length === 2 && /^\d+$/.test(port ?? ''))
    return [checkTarget(`${host?.includes(':') ? `[${host}]` : host}:${port}`)]
  if (operands.length !== wanted)
    throw new UsageError(`${command} takes ${COMMANDS[command].operands}; --help says more`)
  // A bare port is one of this machine.
  return operands.map((operand) =>
    checkTarget(/^\d+$/.test(operand) ? `127.0.0.1:${operand}` : operand),
  )
}

/** A port out of range is a malformed target as well, for curl and here. @throws {SyntaxError} */
function checkTarget(target: string): string {
  try {
    parseTarget(target)
    return target
  } catch (error) {
    throw new SyntaxError((error as Error).message)
  }
}

/** A number that a flag has. @throws {UsageError} */
export function numberOf(plan: CommandPlan, name: string): number | undefined {
  const text = plan.flags.get(name)?.at(-1)
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0))
    throw new UsageError(`${plan.command}: --${name} must be a number, not '${printable(text)}'`)
  return value
}

/** The line that a relay is to be. */
export function linkOf(plan: CommandPlan): LinkOptions {
  return Object.fromEntries(
    Object.keys(LINK)
      .map((name) => [name, numberOf(plan, name)] as const)
      .filter(([, value]) => value !== undefined),
  )
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name)
}

function usage(): string {
  const list = Object.entries(COMMANDS).map(
    ([name, { operands, help }]) => `  ${`${name} ${operands}`.padEnd(16)} ${help}`,
  )
  return [
    'sluice-socket COMMAND ...',
    '',
    ...list,
    '',
    'A target is host:port, "host port", tcp://host:port, tls://host:port or unix:/path.',
    'The exit status is curl’s: 6 no such host, 7 no connection, 28 too late, 35 and 60 TLS, 97 proxy.',
    'sluice-socket COMMAND --help lists the options of one.',
  ].join('\n')
}

function usageOf(command: CommandName): string {
  const { operands, help, flags } = COMMANDS[command]
  const lines = Object.entries(flags as Record<string, Flag>).map(([name, flag]) => {
    const short = flag.short === undefined ? '    ' : `-${flag.short}, `
    return `  ${short}${`--${name}${flag.value === undefined ? '' : ` ${flag.value}`}`.padEnd(22)} ${flag.help}`
  })
  return [`sluice-socket ${command} [OPTIONS] ${operands}`, '', help, '', ...lines].join('\n')
}
