// Documentation as a check:
// - every name that a door exports, and every member of it, has a docblock that says what is taken, how it fails and
//   where it comes from: the rules stand in docs/docblocks.ts;
// - each ```ts block of a README compiles as a program of its own; it is run too, and has ten seconds for that,
//   unless it begins with a comment that names it as a file (`// server.ts`), which other checks run;
// - each @example compiles and runs, with the names that it takes for granted really there; one that listens goes on
//   until it is ended.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import ts from 'typescript'
import { Docblocks } from './docs/docblocks.ts'

const WORK = resolve('packages/examples/.snippets')
/** The lowest first: what a higher layer hands on is documented where it is made. */
const ORDER = ['socket', 'http', 'url']
const packages = readdirSync('packages')
  .filter((name) => existsSync(`packages/${name}/src`))
  .sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b))

const configuration = ts.parseJsonConfigFileContent(
  ts.readConfigFile('tsconfig.base.json', ts.sys.readFile).config,
  ts.sys,
  process.cwd(),
)
const options: ts.CompilerOptions = {
  ...configuration.options,
  noEmit: true,
  isolatedDeclarations: false,
  declaration: false,
}

const doors = packages.flatMap((name) =>
  readdirSync(`packages/${name}/src`)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== 'bin.ts')
    .map((file) => ({
      name,
      door: file.slice(0, -3),
      label: `@sluice/${name}${file === 'index.ts' ? '' : `/${file.slice(0, -3)}`}`,
      file: resolve(`packages/${name}/src/${file}`),
    })),
)
const program = ts.createProgram(
  doors.map(({ file }) => file),
  options,
)
const checker = program.getTypeChecker()

const { problems, examples, names } = new Docblocks(
  program,
  doors.map(({ label, door, file }) => ({ file, label, isPython: door === 'python' })),
)

// ---- snippets

/** What an @example may use without saying where it comes from; all of it is real. */
const SURROUNDINGS: Readonly<Record<string, string>> = {
  connection: `const [connection, peer] = testing.memoryPair()
void peer.sendAll('one line\\nand another\\n').then(() => peer.shutdown('write'))`,
  listener: `const listener = await net.listen('127.0.0.1:0')`,
  buffer: 'const buffer = new Uint8Array(16)',
  head: `const head: string = 'HTTP/1.1 204 No Content\\r\\n\\r\\n'`,
  body: 'const body: Uint8Array = new Uint8Array(3)',
  destination: 'const destination = new WritableStream<Uint8Array>()',
  ftp: `const ftpNearby = await (await import('@sluice/url/testing')).ftpServer({ files: { 'welcome.txt': 'hi' } })
const ftp = await (await import('@sluice/url/ftp')).openFtp(ftpNearby.url)
setTimeout(() => process.exit(), 300)`,
  error: `const error: unknown = new Error('something else')`,
  machine: `const machine = new parser.Http1Machine('server')`,
  serveOne: 'const serveOne = (one: net.Connection): Promise<void> => one.close()',
  startServer: 'const startServer = async (): Promise<void> => {}',
  test: 'const test = (_title: string, run: () => unknown): unknown => run()',
}
/** What the surroundings stand on. */
const GROUND = `import * as net from '@sluice/socket'
import * as testing from '@sluice/socket/testing'
import * as parser from '@sluice/http/parser'
void [net, testing, parser]`
/** Where examples connect to somebody listens: a server that answers everything. */
const NEIGHBOUR = `import { listen as listenNearby } from '@sluice/socket'
const neighbour = await listenNearby('127.0.0.1:0')
const { port: neighbourPort } = neighbour.address as { port: number }
void (async () => {
  for await (const visitor of neighbour) {
    await visitor.recv()
    await visitor.sendAll('HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nhi')
  }
})()
setTimeout(() => process.exit(), 300)`

/** Where examples open an FTP connection: the server of the testing kit. */
const FTP_NEIGHBOUR = `import { ftpServer as ftpNearby } from '@sluice/url/testing'
const ftpNeighbour = await ftpNearby({ files: { 'welcome.txt': 'hi', 'pub/a.txt': 'a' } })
setTimeout(() => process.exit(), 300)`

/** Whether code brings a name itself. */
function declares(code: string, name: string): boolean {
  const word = `\\b${name}\\b`
  return new RegExp(
    `(const|let|using) [^=\\n]*${word}[^=\\n]*( = | of )|(class|function) ${name}\\b|import [^\\n]*${word}`,
  ).test(code)
}

/** The surroundings that code uses and does not bring itself. */
function surroundings(code: string): string {
  const used = Object.entries(SURROUNDINGS).filter(
    ([name]) => new RegExp(`(?<![.\\w'"/])${name}\\b`).test(code) && !declares(code, name),
  )
  return used.length === 0 ? '' : [GROUND, ...used.map(([, definition]) => definition)].join('\n')
}

/** An @example as a program: what it names is imported, what it takes for granted is there. */
function asProgram(code: string, at: string): string {
  const parts = [exportsOf(code, at), surroundings(code)]
  const ftp = /'ftp:\/\/127\.0\.0\.1:2121'/g
  if (ftp.test(code))
    return [FTP_NEIGHBOUR, ...parts, code.replace(ftp, 'ftpNeighbour.url')].join('\n')
  const calls =
    /(127\.0\.0\.1|localhost)(:|', )8080/.test(code) && !/\b(listen|serve|bind)\(/.test(code)
  // Port 8080 may be anybody's: who listens gets a free one, and so does the neighbour.
  if (!calls) return [...parts, code.replace(/\b8080\b/g, '0')].join('\n')
  const nearby = code
    .replace(
      /'([^'\n]*(?:127\.0\.0\.1|localhost):)8080([^'\n]*)'/g,
      "('$1' + neighbourPort + '$2')",
    )
    .replace(/127\.0\.0\.1', 8080/g, "127.0.0.1', neighbourPort")
  return [NEIGHBOUR, ...parts, nearby].join('\n')
}

interface Snippet {
  at: string
  code: string
  run: boolean
}

const snippets: Snippet[] = []
for (const page of ['README.md', ...packages.map((name) => `packages/${name}/README.md`)]) {
  if (!existsSync(page)) {
    problems.push(`${page} is missing`)
    continue
  }
  const text = readFileSync(page, 'utf8')
  for (const match of text.matchAll(/```ts\n(.*?)```/gs)) {
    const line = text.slice(0, match.index).split('\n').length
    const code = match[1] ?? ''
    snippets.push({ at: `${page}:${line}`, code, run: !/^\/\/ [\w-]+\.ts\n/.test(code) })
  }
}
const exportsOf = (code: string, at: string): string => {
  // What a docblock's example names without importing is taken from its own door, else from whichever exports it.
  const own = doors.filter(({ label }) => at.startsWith(`${label} `))
  // `serve` is HTTP's unless an example says otherwise.
  const others = doors
    .filter((door) => !own.includes(door) && door.door !== 'python')
    .sort((a, b) => a.label.localeCompare(b.label))
  const imports = new Map<string, string[]>()
  for (const { label, file } of [...own, ...others]) {
    const source = program.getSourceFile(file)
    const module = source && checker.getSymbolAtLocation(source)
    if (!module) continue
    for (const { name: exported } of checker.getExportsOfModule(module)) {
      if ([...imports.values()].some((list) => list.includes(exported))) continue
      if (!new RegExp(`(?<![.\\w'"/])${exported}\\b`).test(code)) continue
      if (declares(code, exported)) continue
      imports.set(label, [...(imports.get(label) ?? []), exported])
    }
  }
  return [...imports]
    .map(([from, list]) => `import { ${list.join(', ')} } from '${from}'`)
    .join('\n')
}
for (const { at, code } of examples)
  snippets.push({ at: `@example of ${at}`, code: asProgram(code, at), run: true })

rmSync(WORK, { recursive: true, force: true })
mkdirSync(WORK, { recursive: true })
const files = snippets.map(({ code }, i) => {
  const file = join(WORK, `snippet-${i}.ts`)
  writeFileSync(file, `${code}\nexport {}\n`)
  return file
})
const compiled = ts.createProgram(files, { ...options, noUnusedLocals: false })
for (const [i, file] of files.entries()) {
  const source = compiled.getSourceFile(file)
  const found = [
    ...compiled.getSyntacticDiagnostics(source),
    ...compiled.getSemanticDiagnostics(source),
  ]
  for (const { messageText } of found)
    problems.push(`${snippets[i]?.at}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`)
}
const queue = snippets.flatMap(({ at, run }, i) =>
  run && !problems.some((problem) => problem.startsWith(at)) ? [i] : [],
)
const ran = queue.length
// A few at a time: most of a run is waiting.
await Promise.all(
  Array.from({ length: 4 }, async () => {
    for (let i = queue.shift(); i !== undefined; i = queue.shift()) await runSnippet(i)
  }),
)
rmSync(WORK, { recursive: true, force: true })
for (const problem of problems) console.error(problem)
console.log(
  `docs: ${names} names, ${snippets.length} snippets compiled, ${ran} run, ${problems.length} problems`,
)
process.exit(problems.length > 0 ? 1 : 0)

/** Runs one snippet in a process of its own. */
function runSnippet(i: number): Promise<void> {
  const { at, code } = snippets[i] as Snippet
  // A program that listens goes on until it is ended: then it has run.
  const goesOn = at.startsWith('@') && /\b(listen|serve|udp)\(/.test(code)
  const args = ['--conditions=@sluice/source', '--import', 'tsx', files[i] ?? '']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const timer = setTimeout(() => child.kill(), goesOn ? 3_000 : 30_000)
  let told = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told += text
  })
  return new Promise((resolve) =>
    child.on('close', (status, signal) => {
      clearTimeout(timer)
      const ended = status === 0 || (goesOn && signal !== null && told === '')
      if (!ended) problems.push(`${at}: ended with ${status ?? 'a timeout'}: ${told.slice(0, 500)}`)
      resolve()
    }),
  )
}
