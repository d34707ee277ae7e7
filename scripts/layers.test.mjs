import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { judge, readSources } from './layers.mjs'

/** A house in which every door exists, with one planted file. */
function plant(path, text) {
  const files = new Map([
    ['packages/socket/src/index.ts', ''],
    ['packages/socket/src/bytes.ts', ''],
    ['packages/http/src/index.ts', ''],
    ['packages/http/src/headers.ts', ''],
    ['packages/url/src/index.ts', ''],
    [path, text],
  ])
  return judge(files).map((found) => `${found.line} ${found.rule} ${found.what}`)
}

describe('the layer check fires on', () => {
  const planted = [
    [
      'net in http',
      'packages/http/src/io/a.ts',
      "import net from 'node:net'",
      '1 network node:net',
    ],
    [
      'a type of tls in http',
      'packages/http/src/io/a.ts',
      "import type { TLSSocket } from 'tls'",
      '1 network tls',
    ],
    [
      'a dynamic import of dgram in url',
      'packages/url/src/io/a.ts',
      "\nconst d = await import('node:dgram')",
      '2 network node:dgram',
    ],
    [
      'dns/promises in url',
      'packages/url/src/io/a.ts',
      "import { lookup } from 'node:dns/promises'",
      '1 network node:dns/promises',
    ],
    [
      'an import type of net',
      'packages/http/src/io/a.ts',
      "type S = import('node:net').Socket",
      '1 network node:net',
    ],
    [
      'getBuiltinModule',
      'packages/http/src/io/a.ts',
      "process.getBuiltinModule('node:net')",
      '1 network node:net',
    ],
    ['require', 'packages/url/src/io/a.ts', "require('http')", '1 network http'],
    [
      'the inspector, which opens a port',
      'packages/http/src/io/a.ts',
      "import 'node:inspector/promises'",
      '1 network node:inspector/promises',
    ],
    [
      'a comment that imports a file',
      'packages/url/src/io/a.ts',
      '/// <reference path="../../../socket/src/io/b.ts" />',
      '1 no-reference ../../../socket/src/io/b.ts',
    ],
    [
      'a comment that imports types',
      'packages/url/src/core/a.ts',
      '/// <reference types="node" />',
      '1 no-reference node',
    ],
    [
      'a promise that somebody handed in',
      'packages/url/src/core/a.ts',
      'export const f = (p: any) => p.then(1)',
      '1 core-is-pure then',
    ],
    [
      'what the file knows of where it lies',
      'packages/url/src/core/a.ts',
      'export const here = import.meta.url',
      '1 core-is-pure import.meta',
    ],
    [
      'the language of the machine',
      'packages/url/src/core/a.ts',
      'export const f = (n: number) => new Intl.NumberFormat().format(n)',
      '1 core-is-pure Intl',
    ],
    [
      'a computed import',
      'packages/http/src/io/a.ts',
      'import(name)',
      '1 computed-import import(name)',
    ],
    [
      'http in an example',
      'packages/examples/seed/a.ts',
      "import 'node:http'",
      '1 network node:http',
    ],
    [
      'socket reaching up',
      'packages/socket/src/io/a.ts',
      "import { request } from '@sluice/http'",
      '1 upward @sluice/http',
    ],
    [
      'socket reaching up in its core',
      'packages/socket/src/core/a.ts',
      "import type { A } from '@sluice/url'",
      '1 upward @sluice/url',
    ],
    [
      'a deep import',
      'packages/url/src/io/a.ts',
      "import '../../../socket/src/core/bytes.ts'",
      '1 deep-import ../../../socket/src/core/bytes.ts',
    ],
    [
      'a deep import by name',
      'packages/url/src/io/a.ts',
      "import '@sluice/socket/src/core/bytes.ts'",
      '1 no-such-door @sluice/socket/src/core/bytes.ts',
    ],
    [
      'a deep import in a test',
      'packages/url/test/a.test.ts',
      "import '../../socket/src/index.ts'",
      '1 deep-import ../../socket/src/index.ts',
    ],
    [
      'a deep import in an example',
      'packages/examples/a.ts',
      "import '../socket/src/index.ts'",
      '1 deep-import ../socket/src/index.ts',
    ],
    [
      'a built-in in core',
      'packages/http/src/core/a.ts',
      "import 'node:events'",
      '1 core-imports-core node:events',
    ],
    [
      'a door in core',
      'packages/http/src/core/a.ts',
      "import '../index.ts'",
      '1 core-imports-core ../index.ts',
    ],
    [
      'io in core',
      'packages/http/src/core/a.ts',
      "export * from '../io/a.ts'",
      '1 core-imports-core ../io/a.ts',
    ],
    [
      'a door with io in core',
      'packages/http/src/core/a.ts',
      "import '@sluice/socket'",
      '1 core-imports-core @sluice/socket',
    ],
    [
      'io under a pure door',
      'packages/http/src/headers.ts',
      "export * from './io/a.ts'",
      '1 pure-door-is-pure ./io/a.ts',
    ],
    [
      'a door in a door',
      'packages/http/src/server.ts',
      "export * from './index.ts'",
      '1 door-imports-door ./index.ts',
    ],
    [
      'another package in a door',
      'packages/http/src/server.ts',
      "export * from '@sluice/socket'",
      '1 door-re-exports @sluice/socket',
    ],
    [
      'a door in io',
      'packages/http/src/io/a.ts',
      "import '../index.ts'",
      '1 io-imports-door ../index.ts',
    ],
    ['a dependency', 'packages/http/src/io/a.ts', "import 'undici'", '1 no-dependency undici'],
    [
      'a test in a source',
      'packages/http/src/io/a.ts',
      "import './a.test.ts'",
      '1 source-imports-test ./a.test.ts',
    ],
    [
      'a room of its own',
      'packages/http/src/util/a.ts',
      '',
      '1 unknown-room a source file is a door, in core/ or in io/',
    ],
    [
      'a clock in core',
      'packages/http/src/core/a.ts',
      'const t = Date.now()',
      '1 core-is-pure Date.now',
    ],
    [
      'a date of now in core',
      'packages/http/src/core/a.ts',
      'const t = new Date()',
      '1 core-is-pure new Date()',
    ],
    [
      'a timer in core',
      'packages/http/src/core/a.ts',
      'setTimeout(f, 1)',
      '1 core-is-pure setTimeout',
    ],
    [
      'chance in core',
      'packages/http/src/core/a.ts',
      'const r = Math.random()',
      '1 core-is-pure Math.random',
    ],
    [
      'a promise in core',
      'packages/http/src/core/a.ts',
      'type A = Promise<void>',
      '1 core-is-pure Promise',
    ],
    [
      'process in core',
      'packages/http/src/core/a.ts',
      'if (process.env) f()',
      '1 core-is-pure process',
    ],
    [
      'a timer of the global object in core',
      'packages/http/src/core/a.ts',
      'globalThis.setTimeout(f, 1)',
      '1 core-is-pure setTimeout',
    ],
    [
      'the same by a key',
      'packages/http/src/core/a.ts',
      "globalThis['setTimeout'](f, 1)",
      '1 core-is-pure setTimeout',
    ],
    [
      'the same behind an assertion',
      'packages/http/src/core/a.ts',
      '(globalThis as any).setTimeout(f, 1)',
      '1 core-is-pure setTimeout',
    ],
    [
      'a computed global in core',
      'packages/http/src/core/a.ts',
      'globalThis[name]',
      '1 core-is-pure globalThis',
    ],
    [
      'the global object handed on in core',
      'packages/http/src/core/a.ts',
      'const world = globalThis',
      '1 core-is-pure globalThis',
    ],
    [
      'process out of the global object in core',
      'packages/http/src/core/a.ts',
      'const { process: p } = globalThis',
      '1 core-is-pure process',
    ],
    [
      'all the rest of the global object in core',
      'packages/http/src/core/a.ts',
      'const { Map, ...rest } = globalThis',
      '1 core-is-pure globalThis',
    ],
    [
      'an assigned pattern in core',
      'packages/http/src/core/a.ts',
      '({ process: p } = globalThis)',
      '1 core-is-pure process',
    ],
    [
      'chance out of Math in core',
      'packages/http/src/core/a.ts',
      'const { random: r } = Math',
      '1 core-is-pure Math.random',
    ],
    [
      'chance of the global Math in core',
      'packages/http/src/core/a.ts',
      'globalThis.Math.random()',
      '1 core-is-pure Math.random',
    ],
    [
      'chance by a key in core',
      'packages/http/src/core/a.ts',
      "Math['random']()",
      '1 core-is-pure Math.random',
    ],
    [
      'Math handed on in core',
      'packages/http/src/core/a.ts',
      'const m = Math',
      '1 core-is-pure Math',
    ],
    [
      'a clock out of Date in core',
      'packages/http/src/core/a.ts',
      'const { now } = Date',
      '1 core-is-pure Date.now',
    ],
    [
      'the global Buffer in core',
      'packages/http/src/core/a.ts',
      'globalThis.Buffer',
      '1 core-is-pure Buffer',
    ],
    [
      'createRequire, called at once',
      'packages/http/src/io/a.ts',
      "createRequire(import.meta.url)('node:net')",
      '1 network node:net',
    ],
    [
      'createRequire, under another name',
      'packages/url/src/io/a.ts',
      "import { createRequire as make } from 'node:module'\nconst load = make(import.meta.url)\nload('node:tls')",
      '3 network node:tls',
    ],
    [
      'createRequire of a module',
      'packages/examples/a.ts',
      "module.createRequire(import.meta.url)('node:net')",
      '1 network node:net',
    ],
    [
      'createRequire in socket reaching for a package',
      'packages/socket/src/io/a.ts',
      "createRequire(import.meta.url)('ws')",
      '1 no-dependency ws',
    ],
    [
      'getBuiltinModule by a pattern',
      'packages/http/src/io/a.ts',
      "const { getBuiltinModule } = process\ngetBuiltinModule('node:net')",
      '2 network node:net',
    ],
    [
      'getBuiltinModule by a pattern, renamed',
      'packages/http/src/io/a.ts',
      "const { getBuiltinModule: load } = process\nload('node:net')",
      '2 network node:net',
    ],
    [
      'getBuiltinModule kept',
      'packages/http/src/io/a.ts',
      "const load = process.getBuiltinModule.bind(process)\nload('node:net')",
      '2 network node:net',
    ],
    [
      'getBuiltinModule by a key',
      'packages/http/src/io/a.ts',
      "process['getBuiltinModule']('node:net')",
      '1 network node:net',
    ],
    [
      'getBuiltinModule by call()',
      'packages/http/src/io/a.ts',
      "process.getBuiltinModule.call(process, 'node:net')",
      "1 computed-import process.getBuiltinModule.call(process, 'node:net')",
    ],
    [
      "the platform's fetch in http",
      'packages/http/src/io/a.ts',
      'await fetch(url)',
      '1 network fetch',
    ],
    [
      "the platform's fetch in url, by name",
      'packages/url/src/io/a.ts',
      'await globalThis.fetch(url)',
      '1 network fetch',
    ],
    [
      "the platform's fetch, taken out of the global object",
      'packages/url/src/io/a.ts',
      'const { fetch } = globalThis\nfetch(url)',
      '2 network fetch',
    ],
    [
      "the platform's fetch in an example that forgot ours",
      'packages/examples/a.ts',
      'await fetch(url)',
      '1 network fetch',
    ],
    [
      "the platform's WebSocket",
      'packages/http/src/io/a.ts',
      'new WebSocket(url)',
      '1 network WebSocket',
    ],
    [
      "a class on the platform's WebSocket",
      'packages/http/src/io/a.ts',
      'class A extends WebSocket {}',
      '1 network WebSocket',
    ],
    [
      'a file of another package, by the name of its folder',
      'packages/http/src/io/a.ts',
      "import '@sluice/socket/io/connect'",
      '1 no-such-door @sluice/socket/io/connect',
    ],
    [
      "Node's own half of http",
      'packages/http/src/io/a.ts',
      "import '_http_client'",
      '1 network _http_client',
    ],
    [
      "Node's own half of tls",
      'packages/url/src/io/a.ts',
      "import 'node:_tls_wrap'",
      '1 network node:_tls_wrap',
    ],
    [
      'require of a module object',
      'packages/http/src/io/a.ts',
      "module.require('node:net')",
      '1 network node:net',
    ],
    [
      "a runtime's own sockets",
      'packages/http/src/io/a.ts',
      'Deno.connect({ port: 1 })',
      '1 network Deno',
    ],
    [
      'a test behind an example',
      'packages/examples/seed/a.ts',
      "export * from '../test/a.test.ts'",
      '1 source-imports-test ../test/a.test.ts',
    ],
    [
      'a package of others in an example',
      'packages/examples/seed/a.ts',
      "import 'undici'",
      '1 no-dependency undici',
    ],
    [
      'a door that does something',
      'packages/http/src/server.ts',
      "export * from './io/a.ts'\nexport const answer = 42",
      '2 door-re-exports export const answer = 42',
    ],
    [
      'the command, in a shell file',
      'packages/http/src/io/a.ts',
      "import '../bin.ts'",
      '1 imports-command ../bin.ts',
    ],
    [
      "a signal's timer in core",
      'packages/http/src/core/a.ts',
      'AbortSignal.timeout(5)',
      '1 core-is-pure AbortSignal.timeout',
    ],
    [
      'a stream in core',
      'packages/http/src/core/a.ts',
      'new ReadableStream()',
      '1 core-is-pure ReadableStream',
    ],
    [
      'a file of another dialect',
      'packages/http/src/io/a.mts',
      "import 'node:net'",
      '1 network node:net',
    ],
    ['Buffer in core', 'packages/http/src/core/a.ts', 'Buffer.from(x)', '1 core-is-pure Buffer'],
  ]
  test.each(planted)('%s', (_title, path, text, found) => {
    expect(plant(path, text)).toContain(found)
  })
  test('an async function in core', () => {
    expect(plant('packages/http/src/core/a.ts', 'async function f() { await g }')).toEqual([
      '1 core-is-pure async function',
      '1 core-is-pure await',
    ])
  })
})

describe('the layer check is silent on', () => {
  const allowed = [
    [
      "url's own fetch",
      'packages/url/src/io/a.ts',
      'export async function fetch(url) {}\nfetch(1)',
    ],
    [
      "url's own fetch, imported",
      'packages/examples/a.ts',
      "import { fetch } from '@sluice/url'\nfetch(1)",
    ],
    [
      'a member called fetch',
      'packages/http/src/io/a.ts',
      'server.fetch(request); const o = { fetch: 1 }',
    ],
    [
      "the type of the platform's fetch",
      'packages/http/src/io/a.ts',
      'let f: typeof globalThis.fetch',
    ],
    [
      "the platform's fetch beside ours, named as such",
      'packages/examples/a.ts',
      'await globalThis.fetch(url)',
    ],
    ["the platform's fetch in a test", 'packages/url/test/a.test.ts', 'await fetch(url)'],
    [
      "arithmetic and the platform's classes in core",
      'packages/http/src/core/a.ts',
      "Math.max(1, 2); globalThis.Response; const { floor } = Math; 'Bun' in globalThis",
    ],
    [
      'the fast slices of the global Buffer',
      'packages/socket/src/core/bytes.ts',
      '(globalThis as { Buffer?: B }).Buffer?.prototype',
    ],
    [
      'a module that is no network',
      'packages/http/src/io/a.ts',
      "process.getBuiltinModule('node:zlib')",
    ],
    [
      'a variable called window in core',
      'packages/http/src/core/a.ts',
      'const window = text.slice(1); window.indexOf(2); f(window)',
    ],
    ['net in socket/io', 'packages/socket/src/io/a.ts', "import net from 'node:net'"],
    [
      'a pure door in core',
      'packages/http/src/core/a.ts',
      "import { concat } from '@sluice/socket/bytes'",
    ],
    ['a lower door in io', 'packages/url/src/io/a.ts', "import { request } from '@sluice/http'"],
    ['files in http/io', 'packages/http/src/io/a.ts', "import 'node:fs'"],
    ['net in a test', 'packages/http/test/a.test.ts', "import net from 'node:net'"],
    ['a member called process', 'packages/http/src/core/a.ts', 'this.process = { fetch: 1 }.fetch'],
    ['a date made of a number', 'packages/http/src/core/a.ts', 'new Date(ms); Date.UTC(1970, 0)'],
    [
      'an example on public doors',
      'packages/examples/a.ts',
      "import { socket } from '@sluice/socket'",
    ],
  ]
  test.each(allowed)('%s', (_title, path, text) => {
    expect(plant(path, text)).toEqual([])
  })
})

test('the project itself keeps the rule, and every source file was read', () => {
  const files = readSources()
  expect(judge(files)).toEqual([])
  const listed = spawnSync('git', ['ls-files', 'packages'], { encoding: 'utf8' })
  if (listed.status !== 0) return expect(files.size).toBeGreaterThan(0)
  const sources = listed.stdout.split('\n').filter((path) => /\.[cm]?[jt]sx?$/.test(path))
  expect(sources.filter((path) => existsSync(path) && !files.has(path))).toEqual([])
})

test('a source file counts in each dialect', () => {
  const root = mkdtempSync(join(tmpdir(), 'sluice-layers-'))
  try {
    const io = join(root, 'packages', 'http', 'src', 'io')
    mkdirSync(io, { recursive: true })
    const names = ['ts', 'mts', 'cts', 'tsx', 'js', 'mjs', 'cjs'].map((ending) => `a.${ending}`)
    for (const name of [...names, 'a.json', 'a.md']) writeFileSync(join(io, name), '')
    expect([...readSources(root).keys()].sort()).toEqual(
      names.map((name) => `packages/http/src/io/${name}`).sort(),
    )
  } finally {
    rmSync(root, { recursive: true })
  }
})
