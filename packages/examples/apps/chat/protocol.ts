/**
 * The language of the chat: UTF-8 lines, so that `nc` is a client, too. Pure: text in, meaning out.
 *
 *     client   first line: the name; then a line is said to everybody, unless it begins with a slash
 *     server   `<ada> hello`, `* ada joined`, `ada whispers: …`, and `! …` for what went wrong
 *
 * What people type is shown on other people's terminals. A terminal obeys control characters, and right-to-left
 * overrides turn what is read around: neither of them is passed on.
 */

/** What a person wants. */
export type Command =
  | { kind: 'say' | 'emote'; text: string }
  | { kind: 'whisper'; to: string; text: string }
  | { kind: 'who' }
  | { kind: 'leave' }

/** Bounds of what is read. */
export const LIMITS = {
  /** Bytes of a line, its end included. */
  line: 1024,
  /** Characters of a name. */
  name: 20,
}

const NAME = /^[\p{L}\p{N}_-]+$/u

/**
 * Reads the name that somebody wants to have.
 *
 * @throws {SyntaxError} for one that would be mistaken for something else
 */
export function parseName(line: string): string {
  const name = line.trim().normalize('NFC')
  if (name === '') throw new SyntaxError('a name, please')
  if ([...name].length > LIMITS.name)
    throw new SyntaxError(`a name has at most ${LIMITS.name} characters`)
  if (!NAME.test(name)) throw new SyntaxError('a name is made of letters, digits, - and _')
  return name
}

/**
 * Reads a line of somebody who is in.
 *
 * @returns what it asks for; nothing for an empty line
 * @throws {SyntaxError} for a command that is not there, or lacks a part
 */
export function parseCommand(line: string): Command | undefined {
  const text = printable(line).trim()
  if (text === '') return undefined
  // Who wants to say a slash says two.
  if (!text.startsWith('/') || text.startsWith('//'))
    return { kind: 'say', text: text.replace(/^\/\//, '/') }
  const [, verb = '', rest = ''] = /^\/(\S*)\s*(.*)$/u.exec(text) ?? []
  switch (verb) {
    case 'who':
      return { kind: 'who' }
    case 'quit':
      return { kind: 'leave' }
    case 'me':
      if (rest === '') throw new SyntaxError('/me what?')
      return { kind: 'emote', text: rest }
    case 'msg': {
      const [, to = '', words = ''] = /^(\S+)\s+(.+)$/u.exec(rest) ?? []
      if (to === '') throw new SyntaxError('/msg whom what?')
      return { kind: 'whisper', to, text: words }
    }
    default:
      throw new SyntaxError(`there is no /${verb}; there are /who /me /msg /quit`)
  }
}

/** Without what a terminal would obey instead of showing it. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\u00b7')
}
