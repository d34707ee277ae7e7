/**
 * Measures one claim on one Node: starts every candidate in a process of its own, visits each once a round
 * (the order reversed every other round), and gives the ratios of each round.
 *
 * What counts is work per second of the candidate's own CPU time, not per second on the wall: on a shared
 * machine the wall measures the neighbours too. Ratios are taken within a round, so that a slow moment of the
 * machine hits both sides. Candidates are pinned to one core and the load to another, where `taskset` can.
 */
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Candidate, Claim, Load } from './claim.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url))
/** The kernel's clock ticks a second in /proc/PID/stat; 100 on every Linux that Node runs on. */
const TICKS = 100

/** How long and how often. */
export interface Plan {
  rounds: number
  /** Of one visit to a server, whole seconds: wrk knows no others. */
  seconds: number
  /** Of one visit to a codec. */
  milliseconds: number
}

/** What one visit gave; times in microseconds of CPU. */
export interface Visit {
  count: number
  user: number
  system: number
}

type Child = ChildProcessByStdio<Writable, Readable, null>

/** One candidate, running. */
interface Running {
  visit(plan: Plan): Promise<Visit>
  stop(): void
}

const works = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).error === undefined

const canPin = availableParallelism() > 1 && works('taskset', '--version')
export const hasWrk: boolean = works('wrk', '--version')
export const hasPython: boolean = works('python3', '--version')

/** @returns the visits of each candidate, one for each round */
export async function measure(
  file: string,
  claim: Claim,
  node: string,
  plan: Plan,
): Promise<Map<string, Visit[]>> {
  const running = new Map<string, Running>()
  const visits = new Map<string, Visit[]>()
  try {
    for (const [name, candidate] of Object.entries(claim.candidates)) {
      if ('python' in candidate && !hasPython) continue
      const begin = (): Promise<Running> => start(file, name, candidate, claim, node)
      running.set(name, claim.load?.kind === 'idle' ? idleVisits(begin) : await begin())
      visits.set(name, [])
    }
    // Memory is measured in processes that are new.
    if (claim.load?.kind === 'idle') plan = { ...plan, seconds: 3 }
    // Twice over, so that the engine has compiled what it will.
    else
      for (const { visit } of running.values())
        for (let i = 0; i < 2; i++) await visit(warmUp(plan))
    for (let round = 0; round < plan.rounds; round++) {
      const order = [...running.keys()]
      if (round % 2 === 1) order.reverse()
      for (const name of order)
        visits.get(name)?.push(await (running.get(name) as Running).visit(plan))
    }
  } finally {
    for (const { stop } of running.values()) stop()
  }
  return visits
}

function warmUp(plan: Plan): Plan {
  return { ...plan, seconds: 2, milliseconds: 2 * plan.milliseconds }
}

async function start(
  file: string,
  name: string,
  candidate: Candidate,
  claim: Claim,
  node: string,
): Promise<Running> {
  const [first, ...rest] = pinned(0, commandOf(file, name, candidate, node))
  const child: Child = spawn(first as string, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const read = async (): Promise<string> => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`${name} ended before it answered`)
    return value
  }
  const stop = (): void => void child.kill('SIGKILL')
  const [word, port] = (await read()).split(' ')
  const { load } = claim
  if (load === undefined) return { stop, visit: codecVisit(child, read) }
  if (word !== 'port') throw new Error(`${name} named no port`)
  return { stop, visit: serverVisit(child.pid as number, Number(port), load) }
}

function commandOf(file: string, name: string, candidate: Candidate, node: string): string[] {
  if ('python' in candidate) return ['python3', '-c', candidate.python]
  if ('program' in candidate) return candidate.program()
  return [node, join(HERE, 'candidate.mjs'), file, name]
}

function codecVisit(child: Child, read: () => Promise<string>): Running['visit'] {
  return async ({ milliseconds }) => {
    child.stdin.write(`${milliseconds}\n`)
    return JSON.parse(await read()) as Visit
  }
}

/** A process for each visit: memory that was once taken is kept, so the second visit would cost nothing. */
function idleVisits(begin: () => Promise<Running>): Running {
  return {
    stop() {},
    async visit(plan) {
      const { visit, stop } = await begin()
      try {
        return await visit(plan)
      } finally {
        stop()
      }
    },
  }
}

function serverVisit(pid: number, port: number, load: Load): Running['visit'] {
  return async ({ seconds }) => {
    if (load.kind === 'idle') return idleVisit(pid, port, seconds, load)
    const before = cpuOf(pid)
    const count =
      load.kind === 'http' && hasWrk
        ? await wrk(port, seconds, load)
        : Number(
            await output([
              process.execPath,
              join(HERE, 'load.mjs'),
              `${port}`,
              `${seconds}`,
              JSON.stringify(load),
            ]),
          )
    const after = cpuOf(pid)
    if (!(count > 0)) throw new Error('the load got nothing done')
    return { count, user: after.user - before.user, system: after.system - before.system }
  }
}

/** Bytes of memory that the connections of a load cost, told in the place of time. */
async function idleVisit(pid: number, port: number, seconds: number, load: Load): Promise<Visit> {
  const before = rssOf(pid)
  const command = [process.execPath, join(HERE, 'load.mjs'), `${port}`, `${seconds}`]
  const opened = output([...command, JSON.stringify(load)])
  // Looked at while they are open, half a second before the load lets go of them.
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000 - 500))
  const during = rssOf(pid)
  return { count: Number(await opened), user: during - before, system: 0 }
}

/** Resident memory of a process in bytes (proc(5), VmRSS of status). */
function rssOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}

/** User and system time of a process so far, in microseconds (proc(5), fields 14 and 15 of stat). */
function cpuOf(pid: number): { user: number; system: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The second field is the name in parentheses and may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const tick = 1_000_000 / TICKS
  return { user: Number(fields[11]) * tick, system: Number(fields[12]) * tick }
}

async function wrk(port: number, seconds: number, load: Load & { kind: 'http' }): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  try {
    const args = ['wrk', '-t1', `-c${load.connections}`, `-d${seconds}s`]
    if (load.heads !== undefined || load.pipelined > 1) {
      writeFileSync(join(folder, 'load.lua'), lua(port, load))
      args.push('-s', join(folder, 'load.lua'))
    }
    const report = await output([...args, `http${load.tls ? 's' : ''}://127.0.0.1:${port}/`])
    const trouble = /Socket errors.*|Non-2xx.*/.exec(report)
    if (trouble) throw new Error(`wrk: ${trouble[0]}`)
    return Number(/(\d+) requests in/.exec(report)?.[1])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The heads in turn, as prebuilt batches: what wrk does for a request must not be what is measured. */
function lua(port: number, load: Load & { kind: 'http' }): string {
  const heads = load.heads ?? [`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`]
  const batches = heads.map((_, i) =>
    Array.from({ length: load.pipelined }, (_, k) => heads[(i + k) % heads.length]).join(''),
  )
  const list = batches.map(
    (batch) =>
      `"${batch.replaceAll(/["\\]/g, '\\$&').replaceAll('\r', '\\r').replaceAll('\n', '\\n')}"`,
  )
  return `local batches = {\n${list.join(',\n')}\n}
local at = 0
request = function()
  at = at % #batches + 1
  return batches[at]
end
`
}

function pinned(core: number, command: string[]): string[] {
  return canPin ? ['taskset', '-c', `${core}`, ...command] : command
}

/** Runs a load on its core. @returns what it printed */
function output(command: string[]): Promise<string> {
  const [first, ...rest] = pinned(1, command)
  const child = spawn(first as string, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => {
      if (status === 0) resolve(text)
      else reject(new Error(`${first}: exit status ${status}`))
    })
  })
}

/** A ratio over the rounds. */
export interface Ratio {
  median: number
  least: number
  most: number
}

/** How much more work per CPU second `ours` did than `theirs`: paired by round. */
export function compare(ours: readonly Visit[], theirs: readonly Visit[]): Ratio {
  const ratios = ours.map((visit, i) => perCpuSecond(visit) / perCpuSecond(theirs[i] as Visit))
  return { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length % 2 === 1) return sorted[middle] as number
  return ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

function perCpuSecond({ count, user, system }: Visit): number {
  return count / Math.max(user + system, 1)
}
