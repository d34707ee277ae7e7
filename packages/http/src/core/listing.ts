/**
 * The page that lists a folder: one HTML document without anything from elsewhere, readable on a phone and by a screen
 * reader (on a phone a row is drawn as two lines, so that its roles are said), in dark and in light, sorted by links that need
 * no script. What a script adds is in `listing-parts.ts`.
 */
import { kindOfType, PICTURES, picture, SCRIPT, STYLE } from './listing-parts.ts'
import { mimeType } from './mime-types.ts'

/** One entry of a folder. */
export interface ListedEntry {
  readonly name: string
  readonly isFolder: boolean
  /** Bytes; nothing for folders. */
  readonly size: number | undefined
  /** Milliseconds since 1970. */
  readonly modified: number
}

/** By what a listing is sorted. */
type ListingOrder = 'name' | 'size' | 'date'

/** How a listing is asked for. */
export interface ListingQuery {
  readonly order: ListingOrder
  readonly isDescending: boolean
}

/** Reads the query of a listing's URL. Never throws. */
export function parseListingQuery(params: URLSearchParams): ListingQuery {
  const wanted = params.get('sort')
  const order = wanted === 'size' || wanted === 'date' ? wanted : 'name'
  return { order, isDescending: params.get('order') === 'desc' }
}

/** Sorts entries: folders first, then as asked for, then by name as people count. */
export function sortEntries(
  entries: readonly ListedEntry[],
  { order, isDescending }: ListingQuery,
): ListedEntry[] {
  const byName = (a: ListedEntry, b: ListedEntry): number =>
    a.name.localeCompare(b.name, 'en', { numeric: true, sensitivity: 'base' })
  const compare = {
    name: byName,
    size: (a: ListedEntry, b: ListedEntry) => (a.size ?? 0) - (b.size ?? 0),
    date: (a: ListedEntry, b: ListedEntry) => a.modified - b.modified,
  }[order]
  const sign = isDescending ? -1 : 1
  return [...entries].sort(
    (a, b) => Number(b.isFolder) - Number(a.isFolder) || sign * compare(a, b) || byName(a, b),
  )
}

/**
 * Writes the page.
 *
 * @param names the folder's names from the root down
 * @param entries in any order
 * @param query how to sort
 */
export function formatListing(
  names: readonly string[],
  entries: readonly ListedEntry[],
  query: ListingQuery,
): string {
  const title = names.length === 0 ? 'Files' : names.join(' / ')
  const kept = keptQuery(query)
  const rows = sortEntries(entries, query).map((entry) => row(entry, kept))
  if (entries.length === 0)
    rows.push(
      '<tr role="row"><td role="cell" class="e" colspan="3">There is nothing in this folder.</td></tr>',
    )
  if (names.length > 0) rows.unshift(upRow(kept))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${PICTURES}
<main>
<header><h1>${crumbs(names, kept)}</h1></header>
<table role="table">
<caption>Files in ${escapeHtml(title)}</caption>
<thead role="rowgroup"><tr role="row">${heading('name', 'Name', query)}${heading('size', 'Size', query)}${heading('date', 'Changed', query)}</tr></thead>
<tbody role="rowgroup">
${rows.join('\n')}
</tbody>
</table>
<footer><span id="count">${summary(entries)}</span><span class="keys" hidden><kbd>↑</kbd> <kbd>↓</kbd> move, <kbd>←</kbd> up, <kbd>/</kbd> filter</span><span id="zone">Times are UTC</span></footer>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`
}

/** The order that was chosen goes with who goes into a folder. */
function keptQuery({ order, isDescending }: ListingQuery): string {
  if (order === 'name' && !isDescending) return ''
  return `?sort=${order}&amp;order=${isDescending ? 'desc' : 'asc'}`
}

function crumbs(names: readonly string[], kept: string): string {
  const last = names.length - 1
  const links = names.map((name, i) =>
    i === last
      ? `<span aria-current="page">${escapeHtml(name)}</span>`
      : `<a href="${'../'.repeat(last - i)}${kept}">${escapeHtml(name)}</a>`,
  )
  const root = last === -1 ? 'Files' : `<a href="${'../'.repeat(names.length)}${kept}">Files</a>`
  return [root, ...links].join('<i>/</i>')
}

function heading(order: ListingOrder, label: string, query: ListingQuery): string {
  const isCurrent = query.order === order
  // The largest and the newest are what somebody looks for.
  const isDescending = isCurrent ? !query.isDescending : order !== 'name'
  const state = isCurrent ? ` aria-sort="${query.isDescending ? 'descending' : 'ascending'}"` : ''
  const arrow = isCurrent ? (query.isDescending ? ' ↓' : ' ↑') : ''
  const wanted = `?sort=${order}&amp;order=${isDescending ? 'desc' : 'asc'}`
  return `<th role="columnheader" scope="col" class="${order[0]}"${state}><a href="${wanted}">${label}${arrow}</a></th>`
}

function upRow(kept: string): string {
  return `<tr role="row"><td role="cell" class="n"><a class="up" href="../${kept}" rel="up">${picture('folder')}<span>..</span></a></td><td role="cell" class="s"></td><td role="cell" class="d"></td></tr>`
}

function row({ name, isFolder, size, modified }: ListedEntry, kept: string): string {
  const slash = isFolder ? '/' : ''
  const date = new Date(modified).toISOString()
  const shown = `${date.slice(0, 10)} ${date.slice(11, 16)}`
  const kind = isFolder ? 'folder' : kindOfType(mimeType(name))
  const text = escapeHtml(name)
  const href = `./${encodeURIComponent(name)}${isFolder ? `/${kept}` : ''}`
  const bytes =
    size === undefined
      ? '<td role="cell" class="s"></td>'
      : `<td role="cell" class="s" title="${size} bytes">${formatSize(size)}</td>`
  return (
    `<tr role="row" data-name="${text}"><td role="cell" class="n"><a href="${href}">${picture(kind)}<span>${text}${slash}</span></a></td>` +
    `${bytes}<td role="cell" class="d"><time datetime="${date}">${shown}</time></td></tr>`
  )
}

function summary(entries: readonly ListedEntry[]): string {
  const files = entries.filter(({ isFolder }) => !isFolder)
  const folders = entries.length - files.length
  const parts = [
    ...(folders > 0 ? [count(folders, 'folder')] : []),
    ...(files.length > 0 || folders === 0 ? [count(files.length, 'file')] : []),
  ]
  const size = files.reduce((sum, file) => sum + (file.size ?? 0), 0)
  return `${parts.join(', ')}${files.length > 0 ? `, ${formatSize(size)}` : ''}`
}

/** `1.4 MB`: powers of a thousand, as file managers and disks count. */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 'B'
  for (const next of units) {
    if (value < 999.5) break
    value /= 1000
    unit = next
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${unit}`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** Text that can stand in an element and in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
