import { email } from '@sluice/http/python'
import { runHttpAuth, runNetrc } from '../../../scripts/conformance/auth.ts'
import { cookiejar, runJarFile, runJarScenario } from '../../../scripts/conformance/cookiejar.ts'
import { runDataUrl } from '../../../scripts/conformance/data-url.ts'
import { runFtpTranscript } from '../../../scripts/conformance/ftp-transcript.ts'
import { withFtplib } from '../../../scripts/conformance/ftplib.ts'
import { pythonCall } from '../../../scripts/conformance/python-call.ts'
import { runRobots } from '../../../scripts/conformance/robots.ts'
import { testConformance } from '../../../scripts/conformance/suite.ts'
import {
  runAuth,
  runRequestObject,
  withEnvironment,
} from '../../../scripts/conformance/urllib-request.ts'
import * as nturl2path from '../src/io/python/nturl2path.ts'
import { ftplib, urllib } from '../src/python.ts'

testConformance(new URL('..', import.meta.url), {
  auth: runAuth,
  'cookiejar-file': runJarFile,
  'cookiejar-scenario': runJarScenario,
  'data-url': runDataUrl,
  'http-auth': runHttpAuth,
  netrc: runNetrc,
  robots: runRobots,
  'ftp-transcript': runFtpTranscript,
  'python-call': withEnvironment(
    withFtplib(pythonCall({ email, ftplib, http: { cookiejar }, nturl2path, urllib })),
  ),
  'request-object': runRequestObject,
})
