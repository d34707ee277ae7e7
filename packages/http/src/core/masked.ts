/**
 * Fields that prove who somebody is, fit to be shown: what is told to those who watch ends in logs, scrollback and
 * screenshots. Names, schemes and the names of cookies stay, since they are what one looks for.
 */

/** What it is, and by which scheme. */
const CREDENTIALS = /^((?:proxy-)?authorization[ \t]*:[ \t]*(?:[\w-]+[ \t]+)?)[^\r\n]+/gim
/** The userinfo of a URL, in whatever field it stands: Location, Referer, Link ... A name before a colon is no secret. */
const USERINFO = /(\/\/(?:[^\s/?#:@]*:)?)[^\s/?#]*@/g
const COOKIES = /^((set-)?cookie[ \t]*:)([^\r\n]*)/gim
const PAIRS = /(^|;)([^;=]*=| ?)[^;]*/g
/** Of Set-Cookie the first pair is the cookie; what follows are its attributes. */
const FIRST_PAIR = /(^)([^;=]*=| ?)[^;]*/

/**
 * Hides secrets in a field section.
 *
 * @param section lines as they are on the wire
 * @returns the same lines, with `***` for passwords (those in URLs, too), tokens, proofs and the values of cookies
 */
export function maskFields(section: string): string {
  return section
    .replace(CREDENTIALS, '$1***')
    .replace(USERINFO, '$1***@')
    .replace(COOKIES, (_, start: string, isSet: string | undefined, pairs: string) => {
      return start + pairs.replace(isSet ? FIRST_PAIR : PAIRS, '$1$2***')
    })
}
