// Which code runs which format. A new area adds a file with its handler and a line here; a format without a line
// is named in the report, with its number of cases.
import { email } from '../../packages/http/src/python.ts'
import { codecs, socket, ssl } from '../../packages/socket/src/python.ts'
import * as nturl2path from '../../packages/url/src/io/python/nturl2path.ts'
import { ftplib, urllib } from '../../packages/url/src/python.ts'
import { runHttpAuth, runNetrc } from './auth.ts'
import { cookiejar, runJarFile, runJarScenario } from './cookiejar.ts'
import { runCookieDate, runHttpState } from './cookies.ts'
import type { Case, Handler } from './corpus.ts'
import { runDataUrl } from './data-url.ts'
import { runFtpList } from './ftp-list.ts'
import { runFtpTranscript } from './ftp-transcript.ts'
import { withFtplib } from './ftplib.ts'
import { runHappyEyeballs } from './happy-eyeballs.ts'
import { runClientRequest, runClientResponse, runParseHeaders } from './http-client.ts'
import { runHttpRange } from './http-range.ts'
import { HANDLER_METHODS, runServerRequest } from './http-server.ts'
import { type Http1Case, runHttp1 } from './http1.ts'
import { runProxyProtocol } from './proxy-protocol.ts'
import { pythonCall } from './python-call.ts'
import { runRobots } from './robots.ts'
import { runSimpleCookie, runTable } from './simple-cookie.ts'
import { runSocks } from './socks.ts'
import { runAuth, runRequestObject, withEnvironment } from './urllib-request.ts'

/** Handlers by the `format` of a file. */
export const FORMATS: Readonly<Record<string, Handler>> = {
  auth: runAuth,
  'cookie-date': runCookieDate,
  'cookiejar-file': runJarFile,
  'cookiejar-scenario': runJarScenario,
  'data-url': runDataUrl,
  'ftp-list-line': runFtpList,
  'ftp-transcript': runFtpTranscript,
  'happy-eyeballs': runHappyEyeballs,
  'http-state-parser': runHttpState,
  'http-auth': runHttpAuth,
  'http-client-request': runClientRequest,
  'http-client-response': runClientResponse,
  'http-range': runHttpRange,
  'http-server-request': runServerRequest,
  http1: (test: Case) => runHttp1(test as unknown as Http1Case),
  netrc: runNetrc,
  'parse-headers': runParseHeaders,
  'proxy-protocol': runProxyProtocol,
  'python-call': withEnvironment(
    withFtplib(
      pythonCall({
        codecs,
        email,
        ftplib,
        http: { ...HANDLER_METHODS, cookiejar },
        nturl2path,
        socket,
        ssl,
        urllib,
      }),
    ),
  ),
  simplecookie: runSimpleCookie,
  robots: runRobots,
  'request-object': runRequestObject,
  'socks-trace': runSocks,
  table: runTable,
}
