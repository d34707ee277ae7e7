import { describe, expect, it } from 'vitest'
import { parseDataUrl } from './data-url.ts'

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const US_ASCII = 'text/plain;charset=US-ASCII'

describe('parseDataUrl()', () => {
  it.each<[title: string, url: string, mediaType: string, body: string]>([
    ['a plain one', 'data:,Hello%2C%20World', US_ASCII, 'Hello, World'],
    ['a media type', 'data:text/html,<p>', 'text/html', '<p>'],
    ['parameters', 'data:text/plain;charset=utf-8,%C3%A9', 'text/plain;charset=utf-8', 'é'],
    ['a parameter alone (RFC 2397 §2)', 'data:;charset=utf-8,a', 'text/plain;charset=utf-8', 'a'],
    ['Base64', 'data:text/plain;base64,SGk=', 'text/plain', 'Hi'],
    ['Base64 without padding', 'data:;base64,SGk', US_ASCII, 'Hi'],
    ['Base64 with blanks', 'data:;base64, S G%20k = ', US_ASCII, 'Hi'],
    ['escaped Base64', 'data:;BASE64,SGk%3D', US_ASCII, 'Hi'],
    ['Base64 of three bytes', 'data:;base64,YWJj', US_ASCII, 'abc'],
    ['the word base64 as a media type', 'data:base64,x', US_ASCII, 'x'],
    ['no media type', 'data://x,y', US_ASCII, 'y'],
    ['parameters that no field can hold', 'data:text/html;a\rb,x', US_ASCII, 'x'],
    ['a second comma', 'data:,a,b', US_ASCII, 'a,b'],
    ['a query', 'DATA:,a?b', US_ASCII, 'a?b'],
    ['a bare percent sign', 'data:,%zz', US_ASCII, '%zz'],
  ])('reads %s', (_, url, mediaType, body) => {
    const result = parseDataUrl(url)
    expect([result.mediaType, text(result.body)]).toEqual([mediaType, body])
  })

  it.each<[why: string, url: string]>([
    ['another scheme', 'date:,x'],
    ['no comma', 'data:text/plain'],
    ['a character that is no Base64', 'data:;base64,S*k='],
    ['half a group of Base64', 'data:;base64,SGkaa'],
    ['padding in the middle', 'data:;base64,S=k='],
    ['too much padding', 'data:;base64,S==='],
  ])('refuses %s', (_, url) => {
    expect(() => parseDataUrl(url)).toThrow(SyntaxError)
  })

  it('says what was declared before it was judged', () => {
    expect(parseDataUrl('data:x;base64;base64,SGk=').declared).toBe('x;base64')
  })
})
