/**
 * Commands of an FTP client, as lines.
 *
 * Rules it keeps:
 * - A command is one line: CR, LF and NUL are refused before a byte is sent, since behind them a second command could
 *   stand, in a file's name for example.
 * - What is shown of a command shows no password.
 */
import { shown } from './shown.ts'

/** Longer than any path that a file system takes, shorter than the line that a server takes. */
const MAX_COMMAND = 4096

/** Commands that say a secret. */
const SECRET = /^(?:PASS|ACCT)(?: |$)/i

/**
 * Joins a command and what belongs to it.
 *
 * @param verb letters
 * @param argument a path, a name, a number; empty for none
 * @param encoding how it is going to be sent
 * @throws {TypeError} for CR, LF or NUL, or what can not be sent so; {RangeError} for more than 4096 characters
 * @see RFC 959 §4.1, §5.3
 */
export function formatCommand(
  verb: string,
  argument = '',
  encoding: 'utf8' | 'latin1' = 'utf8',
): string {
  if (!/^[A-Za-z]{3,8}$/.test(verb))
    throw new TypeError(`${shown(verb)} is no command of FTP: three to eight letters`)
  if (typeof argument !== 'string')
    throw new TypeError(`${verb} takes text, not ${argument === null ? 'null' : typeof argument}`)
  const bad =
    /[\r\n\0]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.exec(argument)
  // A sentence ends in a log.
  const told = SECRET.test(verb) ? 'that' : shown(argument)
  if (bad !== null) {
    const what = /[\r\n\0]/.test(bad[0]) ? 'CR, LF or NUL' : 'half a character'
    throw new TypeError(`${verb} can not take ${told}: ${what} at ${bad.index}`)
  }
  if (encoding === 'latin1') {
    // Cut down to a byte, U+010A would be LF.
    const far = /[^\0-\xff]/.exec(argument)
    if (far !== null)
      throw new TypeError(
        `${verb} can not take ${told}: what stands at ${far.index} is not latin-1`,
      )
  }
  if (argument.length > MAX_COMMAND)
    throw new RangeError(`${verb} takes at most ${MAX_COMMAND} characters, not ${argument.length}`)
  return argument === '' ? verb : `${verb} ${argument}`
}

/** A command as it may be shown. */
export function maskCommand(line: string): string {
  return SECRET.test(line) ? `${line.slice(0, 4)} ***` : line
}
