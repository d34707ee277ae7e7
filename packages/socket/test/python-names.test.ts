import { testPythonNames } from '../../../scripts/python-names.ts'
import { selectors, socket, socketserver, ssl } from '../src/python.ts'

testPythonNames({
  root: new URL('..', import.meta.url),
  modules: Object.entries({ socket, ssl, selectors, socketserver }),
  states:
    /^(ported|mapped to `[\w.]+`|not here: (system call|fork|blocking|family without access))$/,
  ownConstants: /^(OPENSSL_VERSION.*|HAS_TLSv1(_1)?)$/,
})
