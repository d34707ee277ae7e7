// Claim: whoever only wants to look at a URL does so in a fraction of the time that following it takes.
import { URLS } from './urls.mjs'

export const claim = {
  what: '256 URLs of sixteen shapes into their parts; "host" asks for host name and port as well',
  unit: 'URL',
  candidates: {
    urlsplit: async () => {
      const { urlsplit } = await import('@sluice/url/parse')
      return over((url) => {
        const { scheme, netloc, path, query, fragment } = urlsplit(url)
        return scheme.length + netloc.length + path.length + query.length + fragment.length
      })
    },
    'new URL': () =>
      over((text) => {
        const { protocol, host, pathname, search, hash } = new URL(text)
        return protocol.length + host.length + pathname.length + search.length + hash.length
      }),
    'urlsplit, host': async () => {
      const { urlsplit } = await import('@sluice/url/parse')
      return over((url) => {
        const parts = urlsplit(url)
        const { scheme, netloc, path, query, fragment, hostname, port } = parts
        const host = (hostname === null ? 0 : hostname.length) + (port === null ? 0 : port)
        return scheme.length + netloc.length + path.length + query.length + fragment.length + host
      })
    },
    'new URL, host': () =>
      over((text) => {
        const { protocol, host, pathname, search, hash, hostname, port } = new URL(text)
        const length = protocol.length + host.length + pathname.length + search.length
        return length + hash.length + hostname.length + port.length
      }),
    'Python, uncached': {
      python: `
import json, sys, time
from urllib.parse import urlsplit
urls = json.loads(${JSON.stringify(JSON.stringify(URLS))})
split = urlsplit.__wrapped__
print('ready', flush=True)
for line in sys.stdin:
    limit, count, before = float(line) / 1000, 0, time.process_time()
    while time.process_time() - before < limit:
        for url in urls:
            split(url)
        count += len(urls)
    print(json.dumps({'count': count, 'user': (time.process_time() - before) * 1e6, 'system': 0}), flush=True)
`,
    },
  },
  rows: [
    { ours: 'urlsplit', theirs: 'new URL', goal: { 20: 5, 26: 3 } },
    { ours: 'urlsplit, host', theirs: 'new URL, host' },
    { ours: 'urlsplit', theirs: 'Python, uncached', goal: { 20: 30, 26: 30 } },
  ],
}

function over(read) {
  const pass = () => {
    let sink = 0
    for (const url of URLS) sink += read(url)
    return sink
  }
  return { pass, units: URLS.length }
}
