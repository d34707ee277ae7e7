/**
 * Gives classes their names back. Where a class speaks of itself, esbuild writes `var Response = class _Response`, and then
 * that is what a console and a stack show, and what `constructor.name` says.
 *
 * Only a class whose two names are alike but for the line is renamed: then both mean the same class, wherever they stand.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** @param folder of built files, changed in place */
export function restoreClassNames(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!name.endsWith('.js')) continue
    const path = join(folder, name)
    const text = readFileSync(path, 'utf8')
    const restored = restoreNames(text)
    if (restored !== text) writeFileSync(path, restored)
  }
}

/** The same for one text. */
export function restoreNames(text: string): string {
  const names = [...text.matchAll(/^var (\w+) = class _(\w+) /gm)]
    .filter(([, outer, inner]) => outer === inner)
    .map(([, outer]) => outer as string)
  return names.reduce(
    (all, name) => all.replace(new RegExp(`(?<![\\w$.#])_${name}(?![\\w$])`, 'g'), name),
    text,
  )
}
