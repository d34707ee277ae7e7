import type { Case } from '../../../scripts/conformance/corpus.ts'
import {
  runClientRequest,
  runClientResponse,
  runParseHeaders,
} from '../../../scripts/conformance/http-client.ts'
import { runHttpRange } from '../../../scripts/conformance/http-range.ts'
import { HANDLER_METHODS, runServerRequest } from '../../../scripts/conformance/http-server.ts'
import { type Http1Case, runHttp1 } from '../../../scripts/conformance/http1.ts'
import { pythonCall } from '../../../scripts/conformance/python-call.ts'
import { runSimpleCookie, runTable } from '../../../scripts/conformance/simple-cookie.ts'
import { testConformance } from '../../../scripts/conformance/suite.ts'

testConformance(new URL('..', import.meta.url), {
  'http-client-request': runClientRequest,
  'http-client-response': runClientResponse,
  'http-range': runHttpRange,
  'http-server-request': runServerRequest,
  http1: (test: Case) => runHttp1(test as unknown as Http1Case),
  'parse-headers': runParseHeaders,
  'python-call': pythonCall({ http: HANDLER_METHODS }),
  simplecookie: runSimpleCookie,
  table: runTable,
})
