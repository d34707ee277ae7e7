// Draws the pages that are nothing but tables of the code: `docs/states.md` from `core/state.ts`, `docs/errors.md`
// from `core/error-codes.ts`. `--check`, and any run in CI, only compares, and fails when a page is stale.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

type Table = Record<string, Record<string, string>>
type Reasons = Record<string, string>

const check = process.argv.includes('--check') || process.env['CI'] !== undefined
let stale = 0
for (const name of readdirSync('packages')) {
  const tables = Object.entries(await load(`packages/${name}/src/core/state.ts`)).filter(
    (entry): entry is [string, Table] => isTable(entry[1]),
  )
  if (tables.length > 0) draw(`packages/${name}/docs/states.md`, renderStates(name, tables))
  const { REASONS } = await load(`packages/${name}/src/core/error-codes.ts`)
  const { TLS_REASONS } = await load(`packages/${name}/src/core/tls-reasons.ts`)
  if (REASONS !== undefined)
    draw(
      `packages/${name}/docs/errors.md`,
      renderErrors(name, REASONS as Reasons) + renderTlsErrors(TLS_REASONS as Reasons | undefined),
    )
}
const changed = check ? 'are stale' : 'were drawn'
console.log(`states: ${stale === 0 ? 'all pages are current' : `${stale} pages ${changed}`}`)
process.exit(check && stale > 0 ? 1 : 0)

async function load(source: string): Promise<Record<string, unknown>> {
  return existsSync(source) ? import(pathToFileURL(resolve(source)).href) : {}
}

function draw(page: string, text: string): void {
  if (existsSync(page) && readFileSync(page, 'utf8') === text) return
  stale++
  if (check) {
    console.error(`${page} is not what its table says; run: npm run states`)
    return
  }
  mkdirSync(dirname(page), { recursive: true })
  writeFileSync(page, text)
  console.log(`wrote ${page}`)
}

function rowsOf(reasons: Reasons): string {
  return Object.entries(reasons)
    .map(([code, reason]) => `| \`${code}\` | ${reason} |`)
    .join('\n')
}

/** The codes of TLS, where a layer has them. */
function renderTlsErrors(reasons: Reasons | undefined): string {
  if (reasons === undefined) return ''
  return `
## TLS

Drawn from \`src/core/tls-reasons.ts\`. Codes of a failed check are those of X.509 verification; a word in braces is
replaced by what the certificate says.

| code | the reason in the sentence |
| --- | --- |
${rowsOf(reasons)}
`
}

function renderErrors(name: string, reasons: Reasons): string {
  return `# Error codes of @sluice/${name}

Drawn from the table in \`src/core/error-codes.ts\` by \`npm run states\`. A code is a promise and never changes; the
wording may improve. Codes of the operating system that are not in the table are passed on as they are.

| code | the reason in the sentence |
| --- | --- |
${rowsOf(reasons)}
`
}

function isTable(value: unknown): value is Table {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every(
      (row) => typeof row === 'object' && Object.values(row).every((to) => typeof to === 'string'),
    )
  )
}

function renderStates(name: string, tables: [string, Table][]): string {
  const parts = tables.map(([title, table]) => {
    const states = Object.keys(table)
    const id = (state: string): string => state.replace(/[^A-Za-z0-9]/g, '_')
    const lines = states.flatMap((from) =>
      arrows(table[from] ?? {}).map(([to, events]) => `  ${id(from)} --> ${id(to)}: ${events}`),
    )
    const names = states.filter((s) => id(s) !== s).map((s) => `  state "${s}" as ${id(s)}`)
    return `## ${title}\n\n\`\`\`mermaid\nstateDiagram-v2\n${[...names, `  [*] --> ${id(states[0] ?? '')}`, ...lines].join('\n')}\n\`\`\`\n`
  })
  return `# States of @sluice/${name}\n\nDrawn from the tables in \`src/core/state.ts\` by \`npm run states\`; an event that is not drawn has no place in that\nstate.\n\n${parts.join('\n')}`
}

/** One arrow for each target, with all events that lead there. */
function arrows(row: Record<string, string>): [to: string, events: string][] {
  const byTarget = new Map<string, string[]>()
  for (const [event, to] of Object.entries(row))
    byTarget.set(to, [...(byTarget.get(to) ?? []), event])
  return [...byTarget].map(([to, events]) => [to, events.join(', ')])
}
