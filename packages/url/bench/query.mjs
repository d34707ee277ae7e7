// Claim: queries are read faster than node:querystring reads them, and written as fast.
import querystring from 'node:querystring'
import { FIELDS, QUERIES } from './urls.mjs'

export const claim = {
  what: 'queries of one to eight fields, one in four with something to decode or to escape',
  unit: 'query',
  candidates: {
    parseQsl: async () => {
      const { parseQsl } = await import('@sluice/url/parse')
      return over(QUERIES, (query) => parseQsl(query).length)
    },
    'querystring.parse': () => over(QUERIES, (query) => (querystring.parse(query) ? 1 : 0)),
    urlencode: async () => {
      const { urlencode } = await import('@sluice/url/parse')
      return over(FIELDS, (fields) => urlencode(fields).length)
    },
    'querystring.stringify': () => over(FIELDS, (fields) => querystring.stringify(fields).length),
  },
  rows: [
    { ours: 'parseQsl', theirs: 'querystring.parse', goal: { 20: 2, 26: 2 } },
    { ours: 'urlencode', theirs: 'querystring.stringify', goal: { 20: 0.95, 26: 0.95 } },
  ],
}

function over(inputs, work) {
  const pass = () => {
    let sink = 0
    for (const input of inputs) sink += work(input)
    return sink
  }
  return { pass, units: inputs.length }
}
