/**
 * `sluice-url`: prints or downloads what is behind URLs, and tells what they mean. Arguments to exit status; what each command
 * does is in the files beside this one.
 */
import { parseArgs } from 'node:util'
import { exitCodeOf } from './exit-codes.ts'
import { explainCommand, joinCommand, parseCommand } from './look.ts'
import { type CommandPlan, lineOf, type Stage, UsageError } from './stage.ts'

const USAGE = `sluice-url [OPTIONS] URL...                 prints what is behind URLs, or puts it into files
sluice-url parse URL...                     the parts of a URL
sluice-url join BASE REFERENCE...           makes what is relative absolute
sluice-url explain URL...                   two readings of a URL, and where they differ
sluice-url robots URL AGENT PATH...         whether a robot may fetch something
sluice-url ftp ls URL                       what is in a folder
sluice-url ftp get URL [FILE]               a file of an FTP server
sluice-url ftp put FILE URL                 a file to an FTP server

  -o, --output FILE       into a file, whole or not at all; once for each URL
  -O, --remote-name       into a file that is called as the URL ends
  -c, --continue          go on where the last try ended
      --sha256 HEX        what the file has to be
      --limit-rate BYTES  a second at most: 500k, 2m
      --json              tell what happens as JSON, a line each, on the error output
  -s, --silent            tell nothing but failures; -S, --show-error is so anyway, and taken
  -v, --verbose           show both sides of each exchange
  -i, --include           print the fields of the answer, too
  -I, --head              ask for them alone
  -f, --fail              a status of 400 and more is a failure
  -L, --location          follow redirects (files do it anyway)
  -X, --request METHOD    default GET, or what the body asks for
  -H, --header 'A: b'     a field; 'A:' sends none, and 'A;' an empty one
  -A, --user-agent TEXT   who asks; '' does not say
  -d, --data TEXT         a body, or @FILE, or @- for what comes in; more than once for several, with & between them
  -F, --form NAME=TEXT    a field of a form, or NAME=@FILE, or NAME=<FILE for its content as text; with ;type=A/B and ;filename=NAME
  -T, --upload-file FILE  sends a file, or with - what comes in
  -u, --user USER:PASS    as Basic; --digest: never the password; --anyauth: the strongest that is offered
  -n, --netrc             who one is, by .netrc
      --bearer TOKEN      a token
  -b, --cookie TEXT|FILE  cookies to send, or their file; more than once for both; '' keeps those that come between hops
      --cookie-jar FILE   where to keep those that come
  -x, --proxy URL         through a proxy; '' for none, whatever the environment says
  -k, --insecure          do not look at the certificate
  -4, --ipv4; -6, --ipv6  only addresses of this kind
      --deny-private      refuse addresses that are not of the internet
      --compressed        ask for coded bodies, and undo the coding
  -m, --max-time SECONDS  for the whole of each
      --retry N           ask again where a failure may pass
      --semantics NAME    (robots) rfc9309 (default) or python
      --as-curl           print the command of curl that does the same, and ask nobody
  -h, --help              this

The exit status is curl’s: 3 bad URL, 6 no such host, 7 no connection, 18 too short, 22 status, 23 can't write, 28 too late,
60 certificate; explain and robots: 1 for a warning, or a no.`

const OPTIONS = {
  output: { type: 'string', short: 'o', multiple: true },
  'remote-name': { type: 'boolean', short: 'O' },
  continue: { type: 'boolean', short: 'c' },
  sha256: { type: 'string' },
  'limit-rate': { type: 'string' },
  json: { type: 'boolean' },
  silent: { type: 'boolean', short: 's' },
  'show-error': { type: 'boolean', short: 'S' },
  verbose: { type: 'boolean', short: 'v' },
  include: { type: 'boolean', short: 'i' },
  head: { type: 'boolean', short: 'I' },
  fail: { type: 'boolean', short: 'f' },
  location: { type: 'boolean', short: 'L' },
  request: { type: 'string', short: 'X' },
  header: { type: 'string', short: 'H', multiple: true },
  'user-agent': { type: 'string', short: 'A' },
  data: { type: 'string', short: 'd', multiple: true },
  form: { type: 'string', short: 'F', multiple: true },
  'upload-file': { type: 'string', short: 'T' },
  user: { type: 'string', short: 'u' },
  digest: { type: 'boolean' },
  anyauth: { type: 'boolean' },
  netrc: { type: 'boolean', short: 'n' },
  bearer: { type: 'string' },
  cookie: { type: 'string', short: 'b', multiple: true },
  'cookie-jar': { type: 'string' },
  proxy: { type: 'string', short: 'x' },
  insecure: { type: 'boolean', short: 'k' },
  ipv4: { type: 'boolean', short: '4' },
  ipv6: { type: 'boolean', short: '6' },
  'deny-private': { type: 'boolean' },
  compressed: { type: 'boolean' },
  'max-time': { type: 'string', short: 'm' },
  retry: { type: 'string' },
  semantics: { type: 'string' },
  'as-curl': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

type Command = (plan: CommandPlan, stage: Stage) => Promise<number>

/** What needs the network is loaded when it is asked for. */
const COMMANDS: Readonly<Record<string, Command>> = {
  parse: parseCommand,
  join: joinCommand,
  explain: explainCommand,
  robots: async (plan, stage) => (await import('./robots.ts')).robotsCommand(plan, stage),
  ftp: async (plan, stage) => (await import('./ftp.ts')).ftpCommand(plan, stage),
}
const transfer: Command = async (plan, stage) =>
  (await import('./transfer.ts')).transferCommand(plan, stage)

/**
 * Runs a command line.
 *
 * @param args without the program's name
 * @returns the exit status; everything that was opened is closed
 */
export async function main(args: readonly string[], stage: Stage): Promise<number> {
  // What is said to people may find nobody (`2>&1 | head`). It is not what the command is for: it goes on, to its own status.
  stage.stderr.on?.('error', () => {})
  let stop: (() => void) | undefined
  try {
    const plan = read(args)
    if (plan.flags['help']) {
      stage.stdout.write(`${USAGE}\n`)
      return 0
    }
    if (plan.flags['verbose']) stop = (await import('./verbose.ts')).watchAll(stage)
    const [first = '', ...rest] = plan.operands
    const command = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined
    return await (command === undefined
      ? transfer(plan, stage)
      : command({ ...plan, operands: rest }, stage))
  } catch (error) {
    if (stage.signal.aborted) return 130
    stage.stderr.write(`sluice-url: ${lineOf(error)}\n`)
    return exitCodeOf(error)
  } finally {
    stop?.()
  }
}

function read(args: readonly string[]): CommandPlan {
  try {
    const { values, positionals, tokens } = parseArgs({
      args: [...args],
      options: OPTIONS,
      allowPositionals: true,
      tokens: true,
    })
    // The one that stands last, as curl has it.
    const names = tokens.map((token) => (token.kind === 'option' ? token.name : ''))
    const isFour = names.lastIndexOf('ipv4') > names.lastIndexOf('ipv6')
    return { operands: positionals, flags: { ...values, [isFour ? 'ipv6' : 'ipv4']: false } }
  } catch (error) {
    throw new UsageError((error as Error).message.replace(/\. To specify.*$/s, ''))
  }
}
