import { testPythonNames } from '../../../scripts/python-names.ts'
import { ftplib, http, netrc, urllib } from '../src/python.ts'

testPythonNames({
  root: new URL('..', import.meta.url),
  modules: [
    ['urllib.parse', urllib.parse],
    ['urllib.request', urllib.request],
    ['urllib.response', urllib.response],
    ['urllib.error', urllib.error],
    ['urllib.robotparser', urllib.robotparser],
    ['http.cookiejar', http.cookiejar],
    ['netrc', netrc],
    ['ftplib', ftplib],
  ],
  states:
    /^(ported|mapped to `.+`|not here: (deprecated|private|dead in Python|process-wide state|a program|nothing to do))$/,
  absentConstants: /^(MAXFTPCACHE|debug|scheme_chars)$/,
})
