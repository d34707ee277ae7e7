import { describe, expect, test } from 'vitest'
import { parseFormField } from './form-field.ts'

const [text, file, content] = ['text', 'file', 'content'] as const
const read = (field: string) => {
  const { name, kind, value, type, filename } = parseFormField(field)
  return [name, kind, value, type, filename]
}

describe('a field of a form', () => {
  test.each<[string, (string | undefined)[]]>([
    ['a=b', ['a', text, 'b', undefined, undefined]],
    ['a=', ['a', text, '', undefined, undefined]],
    ['a=b=c', ['a', text, 'b=c', undefined, undefined]],
    ['a=b; c;', ['a', text, 'b; c;', undefined, undefined]],
    ['a=b;type=text/html', ['a', text, 'b', 'text/html', undefined]],
    ['a=;type=x/y', ['a', text, '', 'x/y', undefined]],
    ['a=b; Type=text/html; charset=utf-8', ['a', text, 'b', 'text/html; charset=utf-8', undefined]],
    ['a=b;type=x/y;filename=n', ['a', text, 'b', 'x/y', 'n']],
    ['a=b;filename="n;type=z";type=x/y', ['a', text, 'b', 'x/y', 'n;type=z']],
    ['a={"b":"c"};type=application/json', ['a', text, '{"b":"c"}', 'application/json', undefined]],
    ['a="@b;type=x/y"', ['a', text, '@b;type=x/y', undefined, undefined]],
    ['a="b\\"\\\\c\\d" ;type=x/y', ['a', text, 'b"\\c\\d', 'x/y', undefined]],
    ['a="b" c', ['a', text, '"b" c', undefined, undefined]],
    ['a="b', ['a', text, '"b', undefined, undefined]],
    ['a=@b;type=x/y', ['a', file, 'b', 'x/y', undefined]],
    ['a=@b;filename=c;type=x/y', ['a', file, 'b', 'x/y', 'c']],
    ['a=@"b;type=c"', ['a', file, 'b;type=c', undefined, undefined]],
    ['a=<b;type=x/y', ['a', content, 'b', 'x/y', undefined]],
  ])('%s', (field, expected) => {
    expect(read(field)).toEqual(expected)
  })

  test.each([
    ['a', "is 'name=text' or 'name=@file', not 'a'"],
    ['=a', "is 'name=text' or 'name=@file', not '=a'"],
    ['a=b;type=text', "takes a media type such as text/html, not 'text'"],
    ['a=b;type=text/html\r\nX: y', 'takes a media type'],
    ['a=b;type=text/ht\u010al', 'takes a media type'],
    ['a=b;headers="X: y"', "takes type and filename behind a ';', not headers"],
    ['a=b;encoder=base64', "takes type and filename behind a ';', not encoder"],
    ['a\0=b', "can't send NUL or half a character in a name"],
    ['a=@b;filename=\ud800', "can't send NUL or half a character in a name"],
  ])('not %j', (field, sentence) => {
    expect(() => parseFormField(field)).toThrow(SyntaxError)
    expect(() => parseFormField(field)).toThrow(sentence)
  })
})
