// Claim: `urlopen` as Python programs use it, one after the other, costs a quarter of Python's.
import { client } from '../../../scripts/bench/client.mjs'

const PYTHON = `
import socket, urllib.request
server = socket.create_server(('127.0.0.1', 0))
print('port', server.getsockname()[1], flush=True)
while True:
    control, _ = server.accept()
    url = control.makefile().readline().strip()
    try:
        while True:
            with urllib.request.urlopen(url) as response:
                response.read().decode()
    except OSError:
        control.close()
`

export const claim = {
  what: '`urlopen`, one after the other, bodies of 200 bytes as text',
  unit: 'request',
  load: { kind: 'serve', connections: 1, bytes: 200 },
  candidates: {
    "Python's urlopen": { python: PYTHON },
    urlopen: client(1, async (url) => {
      const { urllib } = await import('@sluice/url/python')
      const decoder = new TextDecoder()
      return async () => {
        const response = await urllib.request.urlopen(url)
        const text = decoder.decode(await response.read())
        await response.close()
        return text
      }
    }),
  },
  rows: [{ ours: 'urlopen', theirs: "Python's urlopen", goal: { 20: 4, 26: 4 } }],
}
