import { runDataUrl } from '../../../scripts/conformance/data-url.ts'
import { pythonCall } from '../../../scripts/conformance/python-call.ts'
import { testConformance } from '../../../scripts/conformance/suite.ts'
import { urllib } from '../src/python.ts'

testConformance(new URL('..', import.meta.url), {
  'data-url': runDataUrl,
  'python-call': pythonCall({ urllib }),
})
