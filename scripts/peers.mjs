// The strangers that the interop tests talk to, from Debian packages; can be run twice, installs only what is
// missing. Without apt-get (a developer's laptop) it says what is missing and the tests that need it skip;
// in CI the variable REQUIRE_PEERS makes a missing peer a failure.
//
// Three FTP servers exclude one another as packages: they are unpacked side by side below tools/peers, where nothing
// starts them but the tests.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'

const PEERS = [
  { what: 'curl', have: ['curl', '--version'], packages: ['curl'] },
  { what: 'python3', have: ['python3', '--version'], packages: ['python3'] },
  ...[
    'openssl',
    'socat',
    'microsocks',
    'haproxy',
    'apache2',
    'lighttpd',
    'squid',
    'tinyproxy',
    'wget',
    'wrk',
    'chromium',
  ].map((name) => ({
    what: name,
    have: ['sh', '-c', `command -v ${name}`],
    packages: [name],
  })),
  { what: 'ab', have: ['sh', '-c', 'command -v ab'], packages: ['apache2-utils'] },
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
]

/** Unpacked by themselves: the program, below tools/peers, and what it is unpacked from. */
const UNPACKED = [
  { program: 'vsftpd/usr/sbin/vsftpd', packages: ['vsftpd', 'libwrap0'] },
  {
    program: 'proftpd/usr/sbin/proftpd',
    packages: [
      'proftpd-core',
      'proftpd-mod-crypto',
      'libhashkit2',
      'libhiredis0.14',
      'libmemcached11',
      'libmemcachedutil2',
      'libpcre2-posix3',
      'libsodium23',
    ],
  },
  { program: 'pure-ftpd/usr/sbin/pure-ftpd', packages: ['pure-ftpd', 'libsodium23'] },
]

// Daemons of Debian live where only root looks.
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`
const works = ([command, ...args]) =>
  spawnSync(command, args, { stdio: 'ignore', env: { ...process.env, PATH } }).status === 0
const folder = resolve('tools/peers')
const missing = PEERS.filter(({ have }) => !works(have))
const packed = UNPACKED.filter(({ program }) => !existsSync(`${folder}/${program}`))
if (missing.length + packed.length > 0 && works(['apt-get', '--version'])) {
  const names = [...missing.map(({ what }) => what), ...packed.map(({ packages }) => packages[0])]
  console.log(`Installing ${names.join(', ')} (once) ...`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (args, cwd) =>
    spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=120', '-qq', ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env,
      cwd,
    }).status === 0
  for (let attempt = 0; attempt < 3; attempt++) {
    apt(['update'])
    const wanted = missing.flatMap(({ packages }) => packages)
    const done = wanted.length === 0 || apt(['install', '-y', '--no-install-recommends', ...wanted])
    if (packed.map((peer) => unpack(peer, apt)).every(Boolean) && done) break
  }
}

/** Downloads packages and lays their files out, without installing them. */
function unpack({ program, packages }, apt) {
  const target = `${folder}/${program.split('/')[0]}`
  const debs = `${target}/debs`
  mkdirSync(debs, { recursive: true })
  // Who downloads as root hands the work to another user, who may not write here.
  if (!apt(['-o', 'APT::Sandbox::User=root', 'download', ...packages], debs)) return false
  for (const deb of readdirSync(debs)) spawnSync('dpkg', ['-x', `${debs}/${deb}`, target])
  return existsSync(`${folder}/${program}`)
}

const left = PEERS.filter(({ have }) => !works(have))
const still = UNPACKED.filter(({ program }) => !existsSync(`${folder}/${program}`))
const names = [...left.map(({ what }) => what), ...still.map(({ packages }) => packages[0])]
console.log(names.length === 0 ? 'peers: all are here' : `peers: not here: ${names.join(', ')}`)
process.exit(names.length > 0 && process.env.REQUIRE_PEERS ? 1 : 0)
