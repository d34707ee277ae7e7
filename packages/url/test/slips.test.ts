import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { openFtp } from '../src/ftp.ts'
import { fetch } from '../src/index.ts'

/** What is no URL, by a slip that is easily made: the password holds what it must not, or the port has a digit too many. */
const SLIPS = [
  'http://user:pa55/w0rd@h',
  'http://user:pa55#w0rd@h',
  'http://user:pa55?w0rd@h',
  'http://user:pa55w0rd@h:99999',
  `http://user:pa55w0rd${'x'.repeat(100)}@h:99999`,
  'http:user:pa55w0rd@',
  'user:pa55w0rd@h:3128',
  '//user:pa55w0rd@h',
]

describe('what is no URL', () => {
  it.each(SLIPS)('%s shows no password, in no depth of the error', async (text) => {
    const errors = await Promise.all(
      [
        () => fetch(text),
        () => fetch('http://127.0.0.1:9/', { proxy: text }),
        () =>
          openFtp(text.replace('http:', 'ftp:'), { connect: () => Promise.reject(new Error()) }),
      ].map(async (call) => call().then(String, (error: unknown) => error)),
    )
    for (const error of errors) expect(inspect(error, { depth: 9 })).not.toMatch(/pa55|w0rd/)
  })
})
