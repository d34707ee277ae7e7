// Draws `docs/states.md` of each package from the tables in its `core/state.ts`: the diagram is the code.
// `--check` only compares, and fails when a page is stale.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

type Table = Record<string, Record<string, string>>

const check = process.argv.includes('--check')
let stale = 0
for (const name of readdirSync('packages')) {
  const source = `packages/${name}/src/core/state.ts`
  if (!existsSync(source)) continue
  const tables = Object.entries(await import(pathToFileURL(resolve(source)).href)).filter(
    (entry): entry is [string, Table] => isTable(entry[1]),
  )
  if (tables.length === 0) continue
  const page = `packages/${name}/docs/states.md`
  const text = render(name, tables)
  if (existsSync(page) && readFileSync(page, 'utf8') === text) continue
  stale++
  if (check) console.error(`${page} is not what ${source} says; run: npm run states`)
  else {
    mkdirSync(dirname(page), { recursive: true })
    writeFileSync(page, text)
    console.log(`wrote ${page}`)
  }
}
console.log(
  `states: ${stale === 0 ? 'all diagrams are current' : `${stale} diagrams ${check ? 'are stale' : 'were drawn'}`}`,
)
process.exit(check && stale > 0 ? 1 : 0)

function isTable(value: unknown): value is Table {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every(
      (row) => typeof row === 'object' && Object.values(row).every((to) => typeof to === 'string'),
    )
  )
}

function render(name: string, tables: [string, Table][]): string {
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
