/**
 * Fields that prove who somebody is, fit to be shown: what is told to those who watch ends in logs, scrollback and
 * screenshots. Names, schemes and the names of cookies stay, since they are what one looks for.
 */

const CREDENTIALS =
  /^((?:proxy-)?authorization[ \t]*:[ \t]*)(?:([!#$%&'*+\-.^_`|~\dA-Za-z]+)([ \t]+))?[^\r\n]+/gim
const COOKIES = /^(?:set-)?cookie[ \t]*:[^\r\n]*/gim

/**
 * Hides secrets in a field section.
 *
 * @param section lines as they are on the wire
 * @returns the same lines, with `***` for passwords, tokens, proofs and the values of cookies
 */
export function maskFields(section: string): string {
  return section
    .replace(CREDENTIALS, (_, start: string, scheme = '', blanks = '') => {
      return `${start}${scheme}${blanks}***`
    })
    .replace(COOKIES, (line) => maskCookies(line))
}

/** Of Set-Cookie the first pair is the cookie; what follows are its attributes. */
function maskCookies(line: string): string {
  const at = line.indexOf(':') + 1
  const isSet = /^set-/i.test(line)
  const pieces = line.slice(at).split(';')
  const shown = pieces.map((piece, index) => {
    if (isSet && index > 0) return piece
    const equals = piece.indexOf('=')
    return equals === -1 ? ' ***' : `${piece.slice(0, equals + 1)}***`
  })
  return line.slice(0, at) + shown.join(';')
}
