import { expect, it } from 'vitest'
import { testPythonNames } from '../../../scripts/python-names.ts'
import { http } from '../src/python.ts'

testPythonNames({
  root: new URL('..', import.meta.url),
  modules: [
    ['http', http],
    ['http.client', http.client],
    ['http.server', http.server],
    ['http.cookies', http.cookies],
  ],
  states: /^(ported|not here: (fork|blocking))$/,
})

it('has the members of the two enumerations', () => {
  expect(http.HTTPStatus.NOT_FOUND).toBe(404)
  expect(http.HTTPStatus(404)).toMatchObject({ name: 'NOT_FOUND', phrase: 'Not Found' })
  expect(() => http.HTTPStatus(799)).toThrow('799 is not a valid HTTPStatus')
  expect(http.HTTPMethod.GET).toBe('GET')
})
