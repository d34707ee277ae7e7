import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { Headers, Request, Response } from '../src/index.ts'

test('a console shows the fields, and hides what proves who somebody is', () => {
  const headers = new Headers([
    ['Content-Type', 'text/plain'],
    ['Authorization', 'Bearer abc'],
    ['Set-Cookie', 'a=secret; Path=/'],
    ['Set-Cookie', 'b=other'],
    ['__proto__', 'a field'],
  ])
  const shown = inspect(headers)
  expect(shown).toMatch(/^Headers \{\s+'Content-Type': 'text\/plain',/)
  expect(shown).toContain("Authorization: 'Bearer ***'")
  expect(shown).toContain("'Set-Cookie': 'a=***; Path=/, b=***'")
  expect(shown).toContain("'a field'")
  expect(inspect(new Response('x'))).toMatch(/^Response \{[\s\S]*status: 200,[\s\S]*Headers \{/)
  expect(inspect(new Request('http://a/'))).toMatch(
    /^Request \{[\s\S]*method: 'GET',[\s\S]*'http:\/\/a\/'/,
  )
})
