// Servers and proxies of others, each in a folder of its own, on a port of its own, for as long as a test takes.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect as tryConnect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Who one is to all of them. */
export const USER = 'ada'
export const PASSWORD = 'love lace"\\'

export interface Peer {
  readonly port: number
  /** What it serves, if it serves files. */
  readonly folder: string
}

interface Program {
  readonly file: string
  /** What must be there besides. */
  readonly needs?: string
  readonly args: (folder: string) => readonly string[]
  readonly config: (folder: string, port: number) => string
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex')
const ha1 = (realm: string): string => md5(`${USER}:${realm}:${PASSWORD}`)

/** Their names. */
export type PeerName = 'nginx' | 'apache' | 'squid' | 'tinyproxy'

const PROGRAMS: Readonly<Record<PeerName, Program>> = {
  nginx: {
    file: '/usr/sbin/nginx',
    args: (folder) => ['-p', folder, '-c', 'config', '-e', 'error.log', '-g', 'daemon off;'],
    config: (folder, port) => {
      writeFileSync(join(folder, 'users'), `${USER}:{PLAIN}${PASSWORD}\n`)
      return `user root; pid pid; error_log error.log;
        events {}
        http {
          access_log off;
          client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
          server {
            listen 127.0.0.1:${port}; root ${folder}/files;
            location /slow/ { alias ${folder}/files/; limit_rate 1m; }
            location /basic/ { alias ${folder}/files/; auth_basic "a, realm"; auth_basic_user_file users; }
          }
        }`
    },
  },
  apache: {
    file: '/usr/sbin/apache2',
    needs: '/usr/lib/apache2/modules/mod_auth_digest.so',
    args: (folder) => ['-f', join(folder, 'config'), '-DFOREGROUND'],
    config: (folder, port) => {
      writeFileSync(join(folder, 'users'), `${USER}:realm:${ha1('realm')}\n`)
      const modules = [
        'mpm_event',
        'authn_core',
        'authn_file',
        'authz_core',
        'authz_user',
        'auth_digest',
        'dir',
      ]
      return [
        ...modules.map(
          (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`,
        ),
        `ServerRoot ${folder}`,
        'ServerName 127.0.0.1',
        `Listen 127.0.0.1:${port}`,
        `PidFile ${folder}/pid`,
        `ErrorLog ${folder}/error.log`,
        `DefaultRuntimeDir ${folder}`,
        `DocumentRoot ${folder}/files`,
        'User nobody',
        'Group nogroup',
        `<Directory ${folder}/files>`,
        'AuthType Digest',
        'AuthName realm',
        'AuthDigestProvider file',
        'AuthDigestNonceLifetime 1',
        `AuthUserFile ${folder}/users`,
        'Require valid-user',
        '</Directory>',
      ].join('\n')
    },
  },
  squid: {
    file: '/usr/sbin/squid',
    needs: '/usr/lib/squid/digest_file_auth',
    args: (folder) => ['-N', '-f', join(folder, 'config')],
    config: (folder, port) => {
      writeFileSync(join(folder, 'users'), `${USER}:realm:${ha1('realm')}\n`)
      return [
        `http_port 127.0.0.1:${port}`,
        `auth_param digest program /usr/lib/squid/digest_file_auth -c ${folder}/users`,
        'auth_param digest realm realm',
        'acl known proxy_auth REQUIRED',
        'http_access allow known',
        'http_access deny all',
        'cache deny all',
        'access_log none',
        `cache_log ${folder}/cache.log`,
        `pid_filename ${folder}/pid`,
        `coredump_dir ${folder}`,
        'shutdown_lifetime 0 seconds',
      ].join('\n')
    },
  },
  tinyproxy: {
    file: '/usr/bin/tinyproxy',
    args: (folder) => ['-d', '-c', join(folder, 'config')],
    config: (folder, port) =>
      // Its file has words and no quotes.
      [
        `Port ${port}`,
        'Listen 127.0.0.1',
        'Allow 127.0.0.1',
        'MaxClients 20',
        'Timeout 60',
        `LogFile "${folder}/log"`,
        `BasicAuth ${USER} secret`,
      ].join('\n'),
  },
}

/** Whether a program is here. */
export function hasPeer(name: PeerName): boolean {
  const program: Program = PROGRAMS[name]
  return (
    process.getuid?.() === 0 &&
    existsSync(program.file) &&
    existsSync(program.needs ?? program.file)
  )
}

/** Starts one; it ends with the test. */
export async function startPeer(name: PeerName): Promise<Peer> {
  const program: Program = PROGRAMS[name]
  const folder = mkdtempSync(join(tmpdir(), `sluice-${name}-`))
  spawnSync('mkdir', [join(folder, 'files')])
  const port = await freePort()
  writeFileSync(join(folder, 'config'), program.config(folder, port))
  // Some of them give up being root before they read.
  spawnSync('chmod', ['-R', 'a+rwX', folder])
  chmodSync(folder, 0o777)
  const child = spawn(program.file, program.args(folder), { stdio: ['ignore', 'ignore', 'ignore'] })
  onTestFinished(async () => {
    await stop(child)
    rmSync(folder, { recursive: true, force: true })
  })
  await untilOpen(port, child, name)
  return { port, folder: join(folder, 'files') }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function untilOpen(port: number, child: ChildProcess, name: string): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`)
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = tryConnect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.unref()
      setTimeout(() => socket.destroy(), 50)
    })
    if (isOpen) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`${name} does not listen`)
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 3000)
  await ended
  clearTimeout(timer)
}
