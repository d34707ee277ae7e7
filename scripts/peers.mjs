// The strangers that the interop tests talk to, from Debian packages; can be run twice, installs only what is
// missing. Without apt-get (a developer's laptop) it says what is missing and the tests that need it skip;
// in CI the variable REQUIRE_PEERS makes a missing peer a failure.
import { spawnSync } from 'node:child_process'

const PEERS = [
  { what: 'curl', have: ['curl', '--version'], packages: ['curl'] },
  { what: 'python3', have: ['python3', '--version'], packages: ['python3'] },
  ...['openssl', 'socat', 'microsocks', 'haproxy'].map((name) => ({
    what: name,
    have: ['sh', '-c', `command -v ${name}`],
    packages: [name],
  })),
  { what: 'dante', have: ['sh', '-c', 'command -v danted'], packages: ['dante-server'] },
  {
    what: 'nginx with streams',
    have: ['sh', '-c', 'command -v nginx && ls /usr/lib/nginx/modules/ngx_stream_module.so'],
    packages: ['nginx-light', 'libnginx-mod-stream'],
  },
  {
    what: "CPython's own test-suite",
    have: ['python3', '-c', 'import test.test_urlparse'],
    packages: ['libpython3-testsuite'],
  },
  {
    what: 'wrk (the load of npm run bench)',
    have: ['sh', '-c', 'command -v wrk'],
    packages: ['wrk'],
    optional: true,
  },
]

// Daemons of Debian live where only root looks.
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`
const works = ([command, ...args]) =>
  spawnSync(command, args, { stdio: 'ignore', env: { ...process.env, PATH } }).status === 0
const missing = PEERS.filter(({ have }) => !works(have))
if (missing.length > 0 && works(['apt-get', '--version'])) {
  console.log(`Installing ${missing.map(({ what }) => what).join(', ')} (once) ...`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args) =>
    spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=120', '-qq', ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env,
    })
  for (let attempt = 0; attempt < 3; attempt++) {
    apt('update')
    const wanted = missing.flatMap(({ packages }) => packages)
    if (apt('install', '-y', '--no-install-recommends', ...wanted).status === 0) break
  }
}
const left = PEERS.filter(({ have }) => !works(have))
const names = left.map(({ what }) => what).join(', ')
console.log(left.length === 0 ? 'peers: all are here' : `peers: not here: ${names}`)
process.exit(left.some(({ optional }) => !optional) && process.env.REQUIRE_PEERS ? 1 : 0)
