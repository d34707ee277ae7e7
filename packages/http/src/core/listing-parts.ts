/**
 * What the page of a listing is made of besides its rows: style, pictures, and a script that only adds what a page without
 * one does not need: a filter, arrow keys, the reader's own time zone.
 */

/** Kinds of entries, each with a picture. */
export type EntryKind = 'folder' | 'image' | 'sound' | 'film' | 'archive' | 'text' | 'file'

const KINDS: readonly [EntryKind, RegExp][] = [
  ['image', /^image\//],
  ['sound', /^audio\//],
  ['film', /^video\//],
  ['archive', /(?:zip|gzip|x-tar|x-bzip2|x-xz|zstd|x-7z-compressed|vnd\.rar|java-archive)$/],
  ['text', /^text\/|json|xml|javascript|pdf|msword|document|presentation|sheet|rtf|epub/],
]

/** The kind of a file, by its media type. */
export function kindOfType(type: string): EntryKind {
  return KINDS.find(([, pattern]) => pattern.test(type))?.[0] ?? 'file'
}

const PATHS: Readonly<Record<EntryKind, string>> = {
  folder:
    '<path d="M2 5.5A1.5 1.5 0 0 1 3.5 4h4l2 2h7A1.5 1.5 0 0 1 18 7.5v7a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 2 14.5z" fill="currentColor" stroke="none"/>',
  image:
    '<rect x="3" y="4" width="14" height="12" rx="1.5"/><circle cx="7" cy="8" r="1.3"/><path d="m3.5 14.5 4-3.5 3 2.5 2.5-2 3.5 3"/>',
  sound:
    '<path d="M8 14V5l7-1.5V12"/><circle cx="6" cy="14" r="2"/><circle cx="13" cy="12" r="2"/>',
  film: '<rect x="3" y="4" width="14" height="12" rx="1.5"/><path d="m8.5 7.5 4 2.5-4 2.5z"/>',
  archive:
    '<rect x="4" y="3" width="12" height="14" rx="1.5"/><path d="M10 3v2m0 1.5v1.5m0 1.5v1m-1.2 1h2.4v3H8.800z"/>',
  text: '<path d="M5 3h7l3.500 3.500V17H5z"/><path d="M7.500 9.500h5m-5 2.500h5m-5 2.500h3"/>',
  file: '<path d="M5 3h7l3.500 3.500V17H5z"/><path d="M12 3v4h3.500"/>',
}

/** The pictures, once; rows refer to them. */
export const PICTURES: string = `<svg width="0" height="0" style="position:absolute" aria-hidden="true">${Object.entries(
  PATHS,
)
  .map(([kind, path]) => `<symbol id="${kind}" viewBox="0 0 20 20">${path}</symbol>`)
  .join('')}</svg>`

/** A picture in a row; it says nothing that the name does not. */
export function picture(kind: EntryKind): string {
  return `<svg class="k ${kind}" aria-hidden="true"><use href="#${kind}"/></svg>`
}

export const STYLE = `
:root{color-scheme:light dark;--bg:#fbfbfa;--card:#fff;--ink:#1c1d20;--soft:#63666d;--line:#e6e6e3;--hover:#f1f4fb;--link:#1f4fbf;--folder:#d69a1c}
@media(prefers-color-scheme:dark){:root{--bg:#131417;--card:#1a1c20;--ink:#e8e8ea;--soft:#9da1aa;--line:#2b2e34;--hover:#22262f;--link:#9dbcff;--folder:#e3b04b}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 3rem}
header{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;justify-content:space-between;margin:0 .25rem 1rem}
h1{font-size:1.15rem;font-weight:600;margin:0;overflow-wrap:anywhere}
h1 i{font-style:normal;font-weight:400;color:var(--soft);padding:0 .15em}
a{color:var(--link);text-decoration:none}
h1 a:hover,h1 a:focus-visible{text-decoration:underline}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:.25rem}
input{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.35rem .7rem;width:14rem;max-width:100%}
table{width:100%;border-collapse:separate;border-spacing:0;background:var(--card);border:1px solid var(--line);border-radius:.75rem;overflow:hidden}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{text-align:left;padding:0;border-bottom:1px solid var(--line);font-weight:400}
tbody tr:last-child>*{border-bottom:0}
th a{display:block;padding:.6rem .9rem;color:var(--soft);font-size:.85rem;white-space:nowrap}
th a:hover,th[aria-sort] a{color:var(--ink)}
th[aria-sort] a{font-weight:600}
.s,.d{white-space:nowrap;color:var(--soft);font-variant-numeric:tabular-nums;padding:.55rem .9rem;width:1%}
.s,th.s a{text-align:right}
th.s,th.d{padding:0}
td.n a{display:flex;gap:.7rem;align-items:center;padding:.55rem .9rem;overflow-wrap:anywhere;color:var(--ink)}
td.n a:focus-visible{outline-offset:-3px;border-radius:.5rem}
tbody tr:hover,tbody tr:focus-within{background:var(--hover)}
.k{width:1.25rem;height:1.25rem;flex:none;color:var(--soft);fill:none;stroke:currentColor;stroke-width:1.4;stroke-linejoin:round;stroke-linecap:round}
.folder{color:var(--folder)}
.n a.up{color:var(--soft)}
footer{color:var(--soft);font-size:.85rem;margin:.9rem .5rem 0;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;justify-content:space-between}
kbd{font:inherit;border:1px solid var(--line);border-radius:.3rem;padding:0 .35em;background:var(--card)}
.e{padding:2.5rem 1rem;text-align:center;color:var(--soft)}
@media(max-width:38rem){
main{padding:1rem .5rem 2rem}
thead tr{display:flex}
thead th{flex:1}
thead .n{flex:2}
tbody,tbody tr{display:block}
tbody tr{position:relative;border-bottom:1px solid var(--line);padding:.3rem 0 .35rem}
tbody tr:last-child{border:0}
tbody td{border:0;display:inline;vertical-align:baseline}
th.s a{text-align:left}
td.n a{padding:.45rem .9rem .1rem}
td.n a::after{content:"";position:absolute;inset:0}
td.s,td.d{font-size:.85rem;padding:0}
td.s:not(:empty){margin-left:2.85rem;padding-right:.6rem}
td.s:empty+td.d{margin-left:2.85rem}
td.e{display:block}
.keys{display:none}
input{width:100%}
header form{width:100%}
}
@media(hover:none){.keys{display:none}}
`

/**
 * Adds a filter, arrow keys and local time. Everything else works without it.
 * It is text here: its hash stands in Content-Security-Policy, so that no other script runs on the page.
 */
export const SCRIPT = `
(() => {
  const rows = [...document.querySelectorAll('tbody tr')]
  const links = () => rows.filter((row) => !row.hidden).map((row) => row.querySelector('a')).filter(Boolean)
  for (const time of document.querySelectorAll('time')) {
    const date = new Date(time.dateTime)
    const two = (n) => String(n).padStart(2, '0')
    time.textContent = date.getFullYear() + '-' + two(date.getMonth() + 1) + '-' + two(date.getDate()) + ' ' + two(date.getHours()) + ':' + two(date.getMinutes())
    time.title = date.toString()
  }
  const zone = document.getElementById('zone')
  if (zone) zone.remove()
  const form = document.createElement('form')
  form.role = 'search'
  const input = document.createElement('input')
  input.type = 'search'
  input.placeholder = 'Filter'
  input.setAttribute('aria-label', 'Filter by name')
  input.autocomplete = 'off'
  form.append(input)
  document.querySelector('header').append(form)
  const status = document.getElementById('count')
  const all = status.textContent
  const entries = rows.filter((row) => row.dataset.name !== undefined).length
  const filter = () => {
    const wanted = input.value.trim().toLowerCase()
    let shown = 0
    for (const row of rows) {
      const isEntry = row.dataset.name !== undefined
      row.hidden = isEntry && !row.dataset.name.toLowerCase().includes(wanted)
      if (isEntry && !row.hidden) shown++
    }
    status.textContent = wanted === '' ? all : shown + ' of ' + entries + ' shown'
  }
  input.addEventListener('input', filter)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const first = links().find((link) => link.rel !== 'up')
    if (first) first.click()
  })
  document.querySelector('.keys').hidden = false
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const isTyping = event.target === input
    const list = links()
    const at = list.indexOf(document.activeElement)
    const go = (i) => {
      event.preventDefault()
      const link = list[Math.max(0, Math.min(list.length - 1, i))]
      if (link) link.focus()
    }
    if (event.key === 'ArrowDown' || (!isTyping && event.key === 'j')) go(at + 1)
    else if (event.key === 'ArrowUp' || (!isTyping && event.key === 'k')) {
      if (at === 0 || isTyping) { event.preventDefault(); input.focus() }
      else go(at - 1)
    } else if (event.key === 'Escape') { input.value = ''; filter(); input.blur() }
    else if (isTyping) return
    else if (event.key === 'Home') go(0)
    else if (event.key === 'End') go(list.length - 1)
    else if (event.key === '/') { event.preventDefault(); input.focus() }
    else if (event.key === 'ArrowRight' && at >= 0) list[at].click()
    else if (event.key === 'ArrowLeft' || event.key === 'Backspace') {
      const up = document.querySelector('a[rel=up]')
      if (up) up.click()
    }
  })
})()
`
