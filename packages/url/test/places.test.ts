/**
 * Places that can't be written to: each is told in one sentence, with verb, target, reason, code and phase, and nothing lies
 * under the final name.
 */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { programFile } from '../../../scripts/program.ts'
import { CookieJar } from '../src/cookies.ts'
import { download } from '../src/download.ts'
import { fetch } from '../src/index.ts'

const root = mkdtempSync(join(tmpdir(), 'sluice-places-'))
const isRoot = process.getuid?.() === 0
/** A small disk, where this user may make one. */
const disk = join(root, 'disk')
let program = ''
let folder = root
let isMounted = false

beforeAll(async () => {
  program = await programFile(new URL('programs/write.ts', import.meta.url))
  mkdirSync(disk)
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', disk])
  isMounted = status === 0
})
afterAll(() => {
  if (isMounted) spawnSync('umount', [disk])
  rmSync(root, { recursive: true, force: true })
})
beforeEach(() => {
  folder = mkdtempSync(join(root, 'x'))
})

const WAYS = {
  download: { verb: 'write', phase: 'open', run: (path: string) => download('data:,hello', path) },
  save: {
    verb: 'write cookies',
    phase: 'write',
    run: (path: string) => {
      const jar = new CookieJar()
      jar.set('a=1', 'http://h.test/')
      return jar.save(path)
    },
  },
} as const

describe.each(['download', 'save'] as const)('%s', (way) => {
  const { verb, phase, run } = WAYS[way]
  /** What is thrown, without its milliseconds. */
  const told = (path: string): Promise<string> =>
    run(path).then(
      () => 'written',
      (error: Error) => error.message,
    )
  const left = (): string[] => readdirSync(folder).sort()

  test.each<[title: string, name: string, reason: string, code: string, prepare: () => void]>([
    ['a folder', 'dir', 'it is a folder', 'EISDIR', () => mkdirSync(join(folder, 'dir'))],
    [
      'a link to a folder',
      'link',
      'it is a folder',
      'EISDIR',
      () => symlinkSync('.', join(folder, 'link')),
    ],
    [
      'a link to itself',
      'loop',
      'its links lead in a circle',
      'ELOOP',
      () => symlinkSync('loop', join(folder, 'loop')),
    ],
    [
      'a link to a device',
      'null',
      'it is no regular file',
      'ERR_UNSUPPORTED',
      () => symlinkSync('/dev/null', join(folder, 'null')),
    ],
    ['a folder that is not there', 'none/file', 'its folder does not exist', 'ENOENT', () => {}],
    [
      'a link into a folder that is not there',
      'link',
      'its folder does not exist',
      'ENOENT',
      () => symlinkSync('none/file', join(folder, 'link')),
    ],
    [
      'a file in the place of a folder',
      'file/file',
      'a part of the path is not a directory',
      'ENOTDIR',
      () => writeFileSync(join(folder, 'file'), ''),
    ],
    ['a name that is too long', 'n'.repeat(300), 'the name is too long', 'ENAMETOOLONG', () => {}],
  ])('to %s', async (_title, name, reason, code, prepare) => {
    prepare()
    const before = left()
    const path = join(folder, name)
    expect(await told(path)).toBe(`${verb} ${path}: ${reason} (${code}, phase ${phase})`)
    expect(left()).toEqual(before)
  })

  test('to a link to nothing makes what it leads to', async () => {
    symlinkSync('target', join(folder, 'link'))
    expect(await told(join(folder, 'link'))).toBe('written')
    expect(left()).toEqual(['link', 'target'])
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true)
  })

  /** What the program says that writes there, with less than this process has. */
  const without = (what: { rights?: boolean; room?: boolean }, path: string): string => {
    // Root may write everywhere, so the program becomes somebody else.
    const user = what.rights && isRoot ? ['65534'] : []
    // In blocks of 512 or 1024 bytes, as the shell likes; without the signal, so that the call fails.
    const command = what.room ? 'trap "" XFSZ; ulimit -f 300; exec "$@"' : 'exec "$@"'
    const words = ['-c', command, 'sh', process.execPath, program, way, path, ...user]
    const { stdout, stderr } = spawnSync('sh', words, { encoding: 'utf8' })
    return `${stdout}${stderr}`.trim()
  }

  test('to a folder that is read-only', () => {
    const path = join(folder, 'file')
    chmodSync(root, 0o755)
    chmodSync(folder, 0o555)
    const said = without({ rights: true }, path)
    chmodSync(folder, 0o755)
    expect(said).toBe(`${verb} ${path}: permission denied (EACCES, phase ${phase})`)
    expect(left()).toEqual([])
  })

  test('that is larger than a file may be leaves the old one', () => {
    const path = join(folder, 'file')
    writeFileSync(path, 'old')
    // Deno has no code for it where a part is written.
    const said = without({ room: true }, path).replace(
      'File too large (os error 27) (ERR_FETCH',
      'the file is too large (EFBIG',
    )
    expect(said).toBe(`${verb} ${path}: the file is too large (EFBIG, phase write)`)
    expect(readFileSync(path, 'utf8')).toBe('old')
    // A part of a download may still be of use.
    expect(left().filter((name) => !/^file\.part(\.json)?$/.test(name))).toEqual(['file'])
  })

  test('to a disk that is full leaves the old one', (context) => {
    if (!isMounted) return context.skip()
    for (const name of readdirSync(disk)) rmSync(join(disk, name))
    const path = join(disk, 'file')
    writeFileSync(path, 'old')
    expect(without({}, path)).toBe(`${verb} ${path}: the disk is full (ENOSPC, phase write)`)
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(disk).filter((name) => !/^file(\.part(\.json)?)?$/.test(name))).toEqual([])
  })
})

test('a link in the place of the part is not written through', async () => {
  const path = join(folder, 'file')
  symlinkSync('other', `${path}.part`)
  await expect(download('data:,hello', path)).rejects.toThrow(
    `write ${path}: file.part beside it is a link, and might lead anywhere (ELOOP, phase open)`,
  )
  expect(readdirSync(folder)).toEqual(['file.part'])
})

test('a link in the place of the record is not written through', async () => {
  const path = join(folder, 'file')
  writeFileSync(join(folder, 'old'), 'old')
  for (const name of ['old', 'new']) {
    symlinkSync(name, `${path}.part.json`)
    await download('data:,hello', path)
  }
  expect(readFileSync(join(folder, 'old'), 'utf8')).toBe('old')
  expect(readdirSync(folder).sort()).toEqual(['file', 'old'])
})

test('a place that becomes a folder meanwhile costs nothing of what is here', async () => {
  const path = join(folder, 'file')
  const client = {
    fetch: (...words: Parameters<typeof fetch>) => {
      mkdirSync(path)
      return fetch(...words)
    },
  }
  await expect(download('data:,hello', path, { client })).rejects.toThrow(
    `write ${path}: is a directory (EISDIR, phase write)`,
  )
  expect(readdirSync(folder).sort()).toEqual(['file', 'file.part', 'file.part.json'])
})
