/** `parse`, `join` and `explain`: what URLs mean, without asking anybody. */
import { explain, URL_PARTS, type UrlReading } from '../../core/explain.ts'
import { urljoin } from '../../core/join.ts'
import { visible } from '../../core/shown.ts'
import { urlsplit } from '../../core/split.ts'
import { type CommandPlan, jsonLine, type Stage, UsageError, write } from './stage.ts'

/** `parse URL…`: the parts of each, by RFC 3986. */
export async function parseCommand(
  { operands, flags }: CommandPlan,
  stage: Stage,
): Promise<number> {
  if (operands.length === 0) throw new UsageError('parse takes URLs; --help says more')
  for (const [index, url] of operands.entries()) {
    const { scheme, username, password, hostname, port, path, query, fragment } = urlsplit(url)
    const parts = { scheme, username, password, hostname, port, path, query, fragment }
    const lines = Object.entries(parts)
      .filter(([, value]) => value !== null && value !== '')
      .map(([name, value]) => `${name.padEnd(9)} ${visible(String(value))}\n`)
    const text = `${apart(index)}${lines.join('')}`
    await write(stage, flags['json'] ? jsonLine(parts) : text)
  }
  return 0
}

/** `join BASE REFERENCE…`: each as an absolute URL. */
export async function joinCommand({ operands }: CommandPlan, stage: Stage): Promise<number> {
  const [base, ...references] = operands
  if (base === undefined || references.length === 0)
    throw new UsageError('join takes BASE and what is relative to it; --help says more')
  for (const reference of references) await write(stage, `${visible(urljoin(base, reference))}\n`)
  return 0
}

/** `explain URL…`: both readings beside one another, and warnings. The status is 1 where there are any. */
export async function explainCommand(
  { operands, flags }: CommandPlan,
  stage: Stage,
): Promise<number> {
  if (operands.length === 0) throw new UsageError('explain takes URLs; --help says more')
  let warned = false
  for (const [index, url] of operands.entries()) {
    const explanation = explain(url)
    warned ||= explanation.warnings.length > 0
    if (flags['json']) {
      await write(stage, jsonLine(explanation))
      continue
    }
    const { rfc3986, whatwg, differences, warnings } = explanation
    const rows = [['', 'urlsplit', 'new URL', ''], ...rowsOf(rfc3986, whatwg, differences)]
    const widths = [0, 1, 2].map((column) =>
      Math.max(...rows.map((row) => row[column]?.length ?? 0)),
    )
    const lines = rows.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    const notes = warnings.map((warning) => `! ${warning}`)
    await write(stage, `${apart(index)}${[...lines, ...notes].join('\n')}\n`)
  }
  return warned ? 1 : 0
}

/** An empty line between two, so that one can see where the next URL begins. */
function apart(index: number): string {
  return index === 0 ? '' : '\n'
}

function rowsOf(
  rfc3986: UrlReading,
  whatwg: UrlReading,
  differences: readonly string[],
): string[][] {
  const parts = URL_PARTS.filter((part) => rfc3986[part] !== '' || whatwg[part] !== '')
  const rows = parts.map((part) => [
    part,
    visible(rfc3986[part]),
    visible(whatwg[part]),
    differences.includes(part) ? '<- differs' : '',
  ])
  const refused = [rfc3986.refused, whatwg.refused]
  if (refused.some((reason) => reason !== undefined))
    rows.push(['refused', ...refused.map((reason) => visible(reason ?? '')), ''])
  return rows
}
