import { pythonCall } from '../../../scripts/conformance/python-call.ts'
import { testConformance } from '../../../scripts/conformance/suite.ts'
import { codecs, socket } from '../src/python.ts'

testConformance(new URL('..', import.meta.url), {
  'python-call': pythonCall({ codecs, socket }),
})
