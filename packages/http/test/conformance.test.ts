import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Case } from '../../../scripts/conformance/corpus.ts'
import { runHttpRange } from '../../../scripts/conformance/http-range.ts'
import { type Http1Case, runHttp1 } from '../../../scripts/conformance/http1.ts'

// The corpus that belongs to the project; the files of other projects lie beside the checkout, if at all.
const own = new URL('conformance/cases/http1/', import.meta.url)
const files = existsSync(own) ? readdirSync(own).filter((name) => name.endsWith('.json')) : []

describe.each(files)('%s', (file) => {
  const { cases, count } = JSON.parse(readFileSync(new URL(file, own), 'utf8')) as {
    cases: Http1Case[]
    count: number
  }

  it('has all of its cases', () => {
    expect(cases).toHaveLength(count)
  })

  it('gets the verdict of the RFC for every case, whole, byte by byte and split everywhere', () => {
    const failed = cases.flatMap((test) => {
      const wrong = runHttp1(test)
      return wrong === undefined ? [] : [`${test.name}: ${wrong}`]
    })
    expect(failed).toEqual([])
  }, 30_000)
})

it('conditions and ranges get the answers of RFC 9110', () => {
  const file = new URL('conformance/cases/http/rfc9110-ranges-conditionals.json', import.meta.url)
  const { cases, count } = JSON.parse(readFileSync(file, 'utf8')) as {
    cases: Case[]
    count: number
  }
  expect(cases).toHaveLength(count)
  expect(cases.filter((test) => runHttpRange(test) !== undefined)).toEqual([])
})
