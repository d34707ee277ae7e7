/** FTP servers of Debian, unpacked below tools/peers: how each is told to serve one folder to one user. */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { file, folder, startServer } from '../../../../scripts/interop/peer.ts'

const PEERS = resolve(import.meta.dirname, '../../../../tools/peers')

/** A server that runs until the test is over. */
export interface RunningFtp {
  readonly port: number
  readonly user: string
  readonly password: string
  /** The folder that it serves. */
  readonly root: string
  /** The certificate to trust. */
  readonly ca: string
}

/** One kind of server. */
export interface FtpKind {
  readonly name: 'vsftpd' | 'proftpd' | 'pure-ftpd'
  start(options: { tls: boolean }): Promise<RunningFtp>
}

/** Whether servers can be run here: they are unpacked, and we are root, which they want to be. */
export function canServe(): boolean {
  const isHere = ['vsftpd', 'proftpd', 'pure-ftpd'].every((name) =>
    existsSync(`${PEERS}/${name}/usr/sbin/${name}`),
  )
  return isHere && process.getuid?.() === 0
}

/** The user `bin` of every Debian owns what is served. */
const BIN = 2

let made: { key: string; cert: string } | undefined

/** One for all; by RSA, since vsftpd takes nothing else. */
function certificate(): { key: string; cert: string } {
  if (made !== undefined) return made
  const at = folder()
  const [key, cert] = [join(at, 'key.pem'), join(at, 'cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  const out = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert]
  spawnSync('openssl', ['req', '-x509', '-days', '2', ...out, ...subject])
  made = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  return made
}

function prepare(): RunningFtp & { at: string; pem: string; keyPath: string } {
  const at = folder()
  chmodSync(at, 0o755)
  const root = join(at, 'root')
  mkdirSync(join(root, 'pub'), { recursive: true })
  writeFileSync(join(root, 'pub', 'hello.txt'), 'Hello, World!\n')
  // The root itself stays ours: vsftpd shuts nobody in a folder that he may write to.
  for (const path of ['pub', 'pub/hello.txt']) chownSync(join(root, path), BIN, BIN)
  const { key, cert } = certificate()
  const keyPath = file(at, 'key.pem', key)
  file(at, 'cert.pem', cert)
  const pem = file(at, 'both.pem', `${key}\n${cert}`)
  for (const name of ['both.pem', 'key.pem']) chmodSync(join(at, name), 0o600)
  return { at, root, pem, keyPath, ca: cert, port: 0, user: 'bin', password: 'secret' }
}

/** A hash that is quick to check; this is no secret. */
function hashOf(password: string): string {
  return spawnSync('openssl', ['passwd', '-1', password], { encoding: 'utf8' }).stdout.trim()
}

/** Where a package has its libraries. */
function libraries(name: string): { LD_LIBRARY_PATH: string } {
  const lib = `${PEERS}/${name}/usr/lib`
  const machine = readdirSync(lib).find((entry) => entry.includes('-linux-gnu')) ?? ''
  return { LD_LIBRARY_PATH: join(lib, machine) }
}

async function startVsftpd({ tls }: { tls: boolean }): Promise<RunningFtp> {
  const made = prepare()
  const config = (port: number): string =>
    [
      'listen=YES',
      'background=NO',
      'listen_address=127.0.0.1',
      `listen_port=${port}`,
      // Anonymous is whoever knows no password; the folder is his, and he may write.
      'anonymous_enable=YES',
      'local_enable=NO',
      'ftp_username=bin',
      `anon_root=${made.root}`,
      'no_anon_password=NO',
      'anon_upload_enable=YES',
      'anon_mkdir_write_enable=YES',
      'anon_other_write_enable=YES',
      'anon_world_readable_only=NO',
      'anon_umask=022',
      'write_enable=YES',
      'secure_chroot_dir=/var/empty',
      'seccomp_sandbox=NO',
      'isolate=NO',
      'isolate_network=NO',
      'async_abor_enable=YES',
      ...(tls
        ? [
            'ssl_enable=YES',
            'allow_anon_ssl=YES',
            'force_anon_logins_ssl=YES',
            'force_anon_data_ssl=YES',
            'require_ssl_reuse=YES',
            `rsa_cert_file=${made.pem}`,
          ]
        : []),
      '',
    ].join('\n')
  mkdirSync('/var/empty', { recursive: true })
  const { port } = await startServer(
    `${PEERS}/vsftpd/usr/sbin/vsftpd`,
    (free) => [file(made.at, 'vsftpd.conf', config(free))],
    libraries('vsftpd'),
  )
  return { ...made, port, user: 'anonymous' }
}

async function startProftpd({ tls }: { tls: boolean }): Promise<RunningFtp> {
  const made = prepare()
  const users = file(
    made.at,
    'users',
    `bin:${hashOf(made.password)}:${BIN}:${BIN}::${made.root}:/bin/sh\n`,
  )
  chmodSync(users, 0o600)
  const config = (port: number): string =>
    [
      'ServerName test',
      'ServerType standalone',
      `ModulePath ${PEERS}/proftpd/usr/lib/proftpd`,
      'DefaultAddress 127.0.0.1',
      `Port ${port}`,
      'UseIPv6 off',
      'User bin',
      'Group bin',
      `AuthUserFile ${users}`,
      'AuthOrder mod_auth_file.c',
      'RequireValidShell off',
      'UseFtpUsers off',
      `DefaultRoot ${made.root}`,
      'AllowStoreRestart on',
      'AllowRetrieveRestart on',
      'AllowOverwrite on',
      'TransferLog none',
      'WtmpLog off',
      `ScoreboardFile ${made.at}/scoreboard`,
      `PidFile ${made.at}/pid`,
      `DelayTable ${made.at}/delay`,
      `SystemLog ${made.at}/log`,
      ...(tls
        ? [
            'LoadModule mod_tls.c',
            'TLSEngine on',
            'TLSRequired on',
            `TLSRSACertificateFile ${made.at}/cert.pem`,
            `TLSRSACertificateKeyFile ${made.keyPath}`,
          ]
        : []),
      '',
    ].join('\n')
  const { port } = await startServer(
    `${PEERS}/proftpd/usr/sbin/proftpd`,
    (free) => ['-n', '-q', '-c', file(made.at, 'proftpd.conf', config(free))],
    libraries('proftpd'),
  )
  return { ...made, port }
}

async function startPureFtpd({ tls }: { tls: boolean }): Promise<RunningFtp> {
  const made = prepare()
  const env = libraries('pure-ftpd')
  const passwd = file(
    made.at,
    'passwd',
    `bin:${hashOf(made.password)}:${BIN}:${BIN}::${made.root}/./::::::::::::\n`,
  )
  const db = join(made.at, 'pdb')
  const packed = spawnSync(`${PEERS}/pure-ftpd/usr/bin/pure-pw`, ['mkdb', db, '-f', passwd], {
    env: { ...process.env, ...env },
  })
  if (packed.status !== 0) throw new Error(`pure-pw: ${packed.stderr}`)
  const { port } = await startServer(
    // A standard input that is a socket or a device is taken for a connection of inetd's; a pipe is not.
    'sh',
    (free) => [
      ...['-c', 'mkfifo "$0/in" && exec "$@" <> "$0/in"', made.at],
      `${PEERS}/pure-ftpd/usr/sbin/pure-ftpd`,
      ...['-S', `127.0.0.1,${free}`, '-l', `puredb:${db}`, '-g', join(made.at, 'pid')],
      ...['-u', '1', '-E', '-A', '-H'],
      ...(tls ? ['-Y', '3', '-2', made.pem] : ['-Y', '0']),
    ],
    env,
  )
  return { ...made, port }
}

/** The servers, by name. */
export const KINDS: readonly FtpKind[] = [
  { name: 'vsftpd', start: startVsftpd },
  { name: 'proftpd', start: startProftpd },
  { name: 'pure-ftpd', start: startPureFtpd },
]
