/**
 * The page that lists a folder: one HTML document without anything from elsewhere, readable on a phone and by a screen
 * reader, in dark and in light, sorted by links that need no script.
 */

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
    size: (a: ListedEntry, b: ListedEntry) => (a.size ?? 0) - (b.size ?? 0) || byName(a, b),
    date: (a: ListedEntry, b: ListedEntry) => a.modified - b.modified || byName(a, b),
  }[order]
  const sign = isDescending ? -1 : 1
  return [...entries].sort(
    (a, b) => Number(b.isFolder) - Number(a.isFolder) || sign * compare(a, b),
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
  const rows = sortEntries(entries, query).map(row)
  const up =
    names.length === 0 ? '' : '<tr><td><a href="../" rel="up">..</a></td><td></td><td></td></tr>\n'
  const files = entries.filter(({ isFolder }) => !isFolder).length
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
<main>
<h1>${crumbs(names)}</h1>
<table>
<thead><tr>${heading('name', 'Name', query)}${heading('size', 'Size', query)}${heading('date', 'Changed', query)}</tr></thead>
<tbody>
${up}${rows.join('\n')}
</tbody>
</table>
<p>${count(entries.length - files, 'folder')}, ${count(files, 'file')}</p>
</main>
</body>
</html>
`
}

function crumbs(names: readonly string[]): string {
  const links = names.map((name, i) => {
    const up = '../'.repeat(names.length - 1 - i) || './'
    return `<a href="${up}">${escapeHtml(name)}</a>`
  })
  return [`<a href="${'../'.repeat(names.length) || './'}">Files</a>`, ...links].join(' / ')
}

function heading(order: ListingOrder, label: string, query: ListingQuery): string {
  const isCurrent = query.order === order
  const next = isCurrent && !query.isDescending ? 'desc' : 'asc'
  const state = isCurrent ? ` aria-sort="${query.isDescending ? 'descending' : 'ascending'}"` : ''
  const arrow = isCurrent ? (query.isDescending ? ' ↓' : ' ↑') : ''
  return `<th scope="col"${state}><a href="?sort=${order}&amp;order=${next}">${label}${arrow}</a></th>`
}

function row({ name, isFolder, size, modified }: ListedEntry): string {
  const slash = isFolder ? '/' : ''
  const date = new Date(modified).toISOString()
  const shown = `${date.slice(0, 10)} ${date.slice(11, 16)}`
  return (
    `<tr><td><a href="./${encodeURIComponent(name)}${slash}">${escapeHtml(name)}${slash}</a></td>` +
    `<td>${size === undefined ? '' : formatSize(size)}</td><td><time datetime="${date}">${shown}</time></td></tr>`
  )
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

const STYLE =
  ':root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 15%,transparent)}' +
  'body{margin:0;font:16px/1.5 system-ui,sans-serif}main{max-width:56rem;margin:0 auto;padding:1rem}' +
  'h1{font-size:1.15rem;font-weight:600;overflow-wrap:anywhere}table{width:100%;border-collapse:collapse}' +
  'th,td{text-align:left;padding:.45rem .5rem;border-bottom:1px solid var(--line);font-weight:400}' +
  'th a{color:inherit;font-weight:600}td:first-child{overflow-wrap:anywhere}' +
  'td:nth-child(2),td:nth-child(3),th:nth-child(2){white-space:nowrap;font-variant-numeric:tabular-nums}' +
  'td:nth-child(2),th:nth-child(2){text-align:right}a{text-decoration:none}a:hover,a:focus{text-decoration:underline}' +
  'tr:hover td{background:var(--line)}p{opacity:.7}@media(max-width:34rem){td:nth-child(3),th:nth-child(3){display:none}}'
