/**
 * Hides secrets in what is no URL: where its authority ends nobody can tell, since the password may hold a slash, so all is masked
 * that stands before the last `@`.
 */
export function maskText(text: string): string {
  return text.replace(/^((?:[\w+.-]+:)?\/\/+(?:[^/?#@:]*:)?|[\w+.-]+:\/?|)(?:[^/].*)?@/s, '$1***@')
}
