/** Strangers from Debian packages: started for a test, ended by their number, with what they said at hand. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, onTestFinished } from 'vitest'

/** A suite that needs programs: skipped where they are missing, failed where REQUIRE_PEERS says that they must be here. */
export function describeWith(programs: readonly string[], title: string, body: () => void): void {
  const missing = programs.filter((program) => !isHere(program))
  if (missing.length > 0 && process.env['REQUIRE_PEERS'])
    throw new Error(`REQUIRE_PEERS is set, and not here: ${missing.join(', ')}`)
  describe.skipIf(missing.length > 0)(title, { timeout: 20_000 }, body)
}

function isHere(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`], { env: withSbin() }).status === 0
}

/** Daemons of Debian live where only root looks. */
function withSbin(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` }
}

/** A folder that is gone after the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'sluice-interop-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

/** Writes a file into a folder. @returns its path */
export function file(where: string, name: string, text: string): string {
  const path = join(where, name)
  writeFileSync(path, text)
  return path
}

/** A program that runs until the test is over. */
export interface Peer {
  readonly child: ChildProcess
  /** All it wrote so far, on both outputs. */
  readonly output: () => string
  /** Settles when it has ended by itself, with its status. */
  readonly done: Promise<number | null>
  /** Ends it. */
  stop(): Promise<void>
}

/** Starts a program; it is ended with the test, by its number. */
export function start(command: string, ...args: readonly string[]): Peer {
  return startWith({}, command, args)
}

function startWith(env: NodeJS.ProcessEnv, command: string, args: readonly string[]): Peer {
  const peer = launch(env, command, args)
  onTestFinished(() => peer.stop())
  return peer
}

/** As `startWith`, for whoever ends it. */
function launch(env: NodeJS.ProcessEnv, command: string, args: readonly string[]): Peer {
  const child = spawn(command, args, {
    env: { ...withSbin(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  child.stdin.on('error', () => {})
  const done = new Promise<number | null>((resolve) => {
    child.once('close', (code) => resolve(code))
    child.once('error', () => resolve(null))
  })
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await done
  }
  return { child, output: () => output, done, stop }
}

/** A server, and where it listens. */
export type PeerServer = Peer & { readonly port: number }

/**
 * Starts a server on a free port of 127.0.0.1, and waits until something answers there. It is ended with the test.
 *
 * @param env variables besides those of this process
 */
export async function startServer(
  command: string,
  args: (port: number) => readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<PeerServer> {
  const server = await launchServer(command, args, env)
  onTestFinished(() => server.stop())
  return server
}

/** As `startServer`, for several tests: whoever starts it ends it by `stop()`. */
export async function launchServer(
  command: string,
  args: (port: number) => readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<PeerServer> {
  const port = await freePort()
  const peer = launch(env, command, args(port))
  for (let i = 0; i < 500; i++) {
    if (await answers(port)) return { ...peer, port }
    if (peer.child.exitCode !== null) break
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await peer.stop()
  throw new Error(`${command} does not answer: ${peer.output()}`)
}

/** A port of 127.0.0.1 that nobody listens on. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as net.AddressInfo
      probe.close(() => resolve(port))
    })
  })
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.connect(port, '127.0.0.1')
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', () => resolve(false))
  })
}

/** Waits until a program has written something. */
export async function until(peer: Peer, pattern: RegExp): Promise<void> {
  for (let i = 0; i < 1000 && !pattern.test(peer.output()); i++)
    await new Promise((resolve) => setTimeout(resolve, 10))
  if (!pattern.test(peer.output())) throw new Error(`never wrote ${pattern}: ${peer.output()}`)
}
