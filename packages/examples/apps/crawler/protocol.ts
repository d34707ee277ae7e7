/**
 * What a page says about other pages. Pure: text in, addresses out.
 *
 * It is read as a crawler reads it, tag by tag and without a tree, since a crawler wants the addresses and nothing else.
 * Comments and scripts are passed over: what looks like a link in them is none.
 */
import { urldefrag } from '@sluice/url/parse'

/** Bounds of what is read. */
export const LIMITS = {
  /** Bytes of a page, its codings undone. */
  page: 2_000_000,
  /** Characters of an address: longer ones are made by programs, for programs. */
  url: 2000,
  /** Links of a page. */
  links: 2000,
}

// What is inside of a comment, a script or a style is no markup. No part begins where another could have gone on, so that
// two megabytes of `<a` take no longer than two megabytes of anything else.
const MARKUP =
  /<!--[\s\S]*?(?:-->|$)|<(script|style)\b[\s\S]*?(?:<\/\1|$)|<(a|area|base|frame|iframe)\b([^<>]*)>/gi
const ATTRIBUTE = /(?<=^|[\s"'/])([^\s=/>"']+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
}

/** Whether a Content-Type says that there are links. */
export function isPage(contentType: string | null): boolean {
  return /^\s*(text\/html|application\/xhtml\+xml)\s*(;|$)/i.test(contentType ?? '')
}

/**
 * Finds the links of a page.
 *
 * @param html the page; what is broken in it is passed over
 * @param url where it was found; what it calls its base counts from there
 * @returns absolute http and https addresses without fragments, each once, in the order of the page
 */
export function linksOf(html: string, url: string): string[] {
  const found = new Set<string>()
  let base = url
  let hasBase = false
  for (const [, , tag = '', attributes = ''] of html.matchAll(MARKUP)) {
    const name = tag.toLowerCase()
    if (name === '') continue
    const value = attributeOf(
      attributes,
      name === 'a' || name === 'area' || name === 'base' ? 'href' : 'src',
    )
    if (value === undefined) continue
    const address = resolve(value, base)
    if (name === 'base') {
      // The first one counts.
      if (!hasBase && address !== undefined) base = address
      hasBase = true
    } else if (address !== undefined) found.add(address)
    if (found.size >= LIMITS.links) break
  }
  return [...found]
}

/** @returns an address that can be fetched, in one form of writing; nothing for mail, scripts and nonsense */
export function resolve(link: string, base: string): string | undefined {
  if (link.length > LIMITS.url || !URL.canParse(link, base)) return undefined
  const url = new URL(link, base)
  if (!/^https?:$/.test(url.protocol) || url.href.length > LIMITS.url) return undefined
  // Credentials in a link are somebody's mistake, and not ours to use.
  url.username = url.password = ''
  return urldefrag(url.href).url
}

function attributeOf(text: string, wanted: string): string | undefined {
  for (const [, name = '', double, single, bare] of text.matchAll(ATTRIBUTE))
    if (name.toLowerCase() === wanted) return decode(double ?? single ?? bare ?? '').trim()
  return undefined
}

function decode(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,4}));/gi,
    (whole, decimal, hex, name) => {
      const code = decimal ? Number(decimal) : Number.parseInt(hex, 16)
      if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole
    },
  )
}
