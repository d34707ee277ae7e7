import { runHappyEyeballs } from '../../../scripts/conformance/happy-eyeballs.ts'
import { pythonCall } from '../../../scripts/conformance/python-call.ts'
import { runSocks } from '../../../scripts/conformance/socks.ts'
import { testConformance } from '../../../scripts/conformance/suite.ts'
import { codecs, socket, ssl } from '../src/python.ts'

// Host names go through the runtime's own IDNA, and Deno's differs from Node's in three cases.
const isIdna = (name: string): boolean => 'Deno' in globalThis && name.startsWith('idna-')

testConformance(
  new URL('..', import.meta.url),
  {
    'happy-eyeballs': runHappyEyeballs,
    'python-call': pythonCall({ codecs, socket, ssl }),
    'socks-trace': runSocks,
  },
  isIdna,
)
