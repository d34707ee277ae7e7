import { maskUrl } from './errors.ts'

/** `user:password@host` is a URL, too, with the scheme `user:`; and `http:user:password@host` has no authority to look for. */
const OURS = /^\s*(?:(?:https?|ftp|file):\/\/|data:)/i

/** Hides secrets in what a person gave as a URL, whether it is one or not. */
export function maskTarget(text: string): string {
  return OURS.test(text) && URL.canParse(text) ? maskUrl(text) : maskText(text)
}

/**
 * Hides secrets in what is no URL: where its authority ends nobody can tell, since the password may hold a slash, so all is masked
 * that stands before the last `@`.
 */
export function maskText(text: string): string {
  return text.replace(/^((?:[\w+.-]+:)?\/\/+(?:[^/?#@:]*:)?|[\w+.-]+:\/?|)(?:[^/].*)?@/s, '$1***@')
}
