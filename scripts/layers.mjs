// The import rule of the project, as a program: arrows point down and inward. It reads every source file
// with the TypeScript parser and judges each way a module can be reached (import, export from, import(),
// import types, require, process.getBuiltinModule), and what `core/` touches of the world around it.
//
// There is no list of exceptions. `judge(files)` is pure, so its test plants one sample per rule.
// Why this is not a configuration of a dependency linter: decisions/0002-layer-check.md.
import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** Packages from the bottom up: each may use those before it. */
export const LAYERS = ['socket', 'http', 'url', 'examples']

/** Doors that stand on `core/` alone, so that they load in any JavaScript runtime. */
export const PURE_DOORS = {
  socket: ['bytes', 'errors', 'ip'],
  http: ['parser', 'headers', 'cookies'],
  url: ['parse', 'template', 'robots'],
}

/** Built-ins that reach the network: `socket/io` is the one place that may. */
const NETWORK = new Set(['net', 'tls', 'dgram', 'dns', 'http', 'https', 'http2'])
const BUILTIN = new Set(builtinModules.map((name) => name.replace(/^node:/, '')))

/** Globals that wait, tell the time, draw lots or reach outside: `core/` has none of them. */
const IMPURE = new Set(
  (
    'Promise setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate queueMicrotask ' +
    'process performance console fetch crypto require WebSocket XMLHttpRequest navigator Worker ' +
    'MessageChannel BroadcastChannel localStorage Atomics SharedArrayBuffer'
  ).split(' '),
)

/** @returns which part of the house a file belongs to: package, room (core, io, door, test, app), door name */
export function place(path) {
  const [, name, inside] = /^packages\/([^/]+)\/(.+)$/.exec(path) ?? []
  if (!name) return undefined
  if (name === 'examples') return { name, room: /\.test\.ts$/.test(path) ? 'test' : 'app' }
  if (/\.test(-d)?\.ts$/.test(path) || !inside.startsWith('src/')) return { name, room: 'test' }
  const below = inside.slice('src/'.length)
  if (below.startsWith('core/')) return { name, room: 'core' }
  if (below.startsWith('io/')) return { name, room: 'io' }
  return below.includes('/')
    ? { name, room: 'stray' }
    : { name, room: 'door', door: below.replace(/\.ts$/, '') }
}

/**
 * Judges a set of sources.
 * @param files Map from path (`packages/…`, forward slashes) to text
 * @returns {{ file: string, line: number, rule: string, what: string }[]} what breaks the rule, and where
 */
export function judge(files) {
  const found = []
  for (const [path, text] of files) {
    const from = place(path)
    if (!from) continue
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
    const report = (node, rule, what) => {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
      found.push({ file: path, line: line + 1, rule, what })
    }
    if (from.room === 'stray')
      report(source, 'unknown-room', 'a source file is a door, in core/ or in io/')
    visit(source, (node) => {
      const target = specifierOf(node)
      if (target === COMPUTED) {
        if (from.room !== 'test' && from.room !== 'app')
          report(node, 'computed-import', node.getText(source))
      } else if (target !== undefined) {
        const rule = breaks(from, path, target, files)
        if (rule) report(node, rule, target)
      }
      if (from.room === 'core') {
        const impure = impurity(node, path)
        if (impure) report(node, 'core-is-pure', impure)
      }
    })
  }
  return found
}

const COMPUTED = Symbol('computed')

/** @returns the module that a node reaches for: its specifier, COMPUTED when it is not a literal, else undefined */
function specifierOf(node) {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node))
    return literal(node.moduleSpecifier)
  if (ts.isImportTypeNode(node)) return literal(node.argument.literal)
  if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference))
    return literal(node.moduleReference.expression)
  if (!ts.isCallExpression(node)) return undefined
  const callee = node.expression
  const reaches =
    callee.kind === ts.SyntaxKind.ImportKeyword ||
    (ts.isIdentifier(callee) && callee.text === 'require') ||
    (ts.isPropertyAccessExpression(callee) && callee.name.text === 'getBuiltinModule')
  return reaches ? (literal(node.arguments[0]) ?? COMPUTED) : undefined
}

function literal(node) {
  return node && ts.isStringLiteralLike(node) ? node.text : undefined
}

/** @returns the name of the rule that this import breaks, or undefined */
function breaks(from, path, specifier, files) {
  const test = from.room === 'test'
  if (specifier.startsWith('.')) {
    const resolved = posix.join(posix.dirname(path), specifier)
    const to = place(resolved)
    if (!to || to.name !== from.name) return test && !to ? undefined : 'deep-import'
    if (test || from.room === 'app') return undefined
    if (to.room === 'test') return 'source-imports-test'
    if (from.room === 'core' && to.room !== 'core') return 'core-imports-core'
    if (from.room === 'io' && to.room === 'door') return 'io-imports-door'
    if (from.room === 'door' && to.room === 'door') return 'door-imports-door'
    if (from.room === 'door' && to.room === 'io' && PURE_DOORS[from.name]?.includes(from.door))
      return 'pure-door-is-pure'
    return undefined
  }
  const builtin = specifier.replace(/^node:/, '')
  const top = builtin.split('/')[0]
  if (specifier.startsWith('node:') || BUILTIN.has(builtin)) {
    if (test) return undefined
    if (from.room === 'core') return 'core-imports-core'
    if (from.room === 'door') return 'door-re-exports'
    if (NETWORK.has(top) && !(from.name === 'socket' && from.room === 'io')) return 'network'
    return undefined
  }
  const [, name, , door] = /^@sluice\/([^/]+)(\/(.+))?$/.exec(specifier) ?? []
  if (!name) return test || from.room === 'app' ? undefined : 'no-dependency'
  if (LAYERS.indexOf(name) >= LAYERS.indexOf(from.name))
    return test && name === from.name ? undefined : 'upward'
  if (!files.has(`packages/${name}/src/${door ?? 'index'}.ts`)) return 'no-such-door'
  if (test || from.room === 'app' || from.room === 'io') return undefined
  if (from.room === 'core') return PURE_DOORS[name].includes(door) ? undefined : 'core-imports-core'
  return 'door-re-exports'
}

/** @returns what a node of `core/` does that core must not do, or undefined */
function impurity(node, path) {
  if (ts.isAwaitExpression(node)) return 'await'
  if (ts.isForOfStatement(node) && node.awaitModifier) return 'for await'
  if (
    ts.canHaveModifiers(node) &&
    ts.getModifiers(node)?.some((m) => m.kind === ts.SyntaxKind.AsyncKeyword)
  )
    return 'async function'
  if (ts.isPropertyAccessExpression(node)) {
    const text = `${node.expression.getText()}.${node.name.text}`
    if (text === 'Math.random' || text === 'Date.now') return text
  }
  if (ts.isIdentifier(node) && isFree(node)) {
    if (IMPURE.has(node.text)) return node.text
    // `core/bytes.ts` owns the fast slices of the global Buffer; everything else asks it.
    if (node.text === 'Buffer' && path !== 'packages/socket/src/core/bytes.ts') return 'Buffer'
    if (node.text === 'Date') {
      const { parent } = node
      if (ts.isCallExpression(parent) && parent.expression === node) return 'Date()'
      if (ts.isNewExpression(parent) && !parent.arguments?.length) return 'new Date()'
    }
  }
  return undefined
}

/** Whether an identifier stands for a variable, rather than naming a property or a member. */
function isFree(node) {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent) || ts.isQualifiedName(parent))
    return parent.name !== node && parent.right !== node
  if (ts.isBindingElement(parent)) return parent.propertyName !== node
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return false
  const named =
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isGetAccessor(parent) ||
    ts.isSetAccessor(parent) ||
    ts.isEnumMember(parent)
  return !(named && parent.name === node)
}

function visit(node, see) {
  see(node)
  ts.forEachChild(node, (child) => visit(child, see))
}

/** Every TypeScript source below `packages/`, generated and installed files apart. */
export function readSources(root = '.') {
  const files = new Map()
  for (const entry of readdirSync(`${root}/packages`, { recursive: true })) {
    const path = `packages/${String(entry).replaceAll('\\', '/')}`
    if (!path.endsWith('.ts') || /(^|\/)(node_modules|dist|temp|coverage)\//.test(path)) continue
    files.set(path, readFileSync(`${root}/${path}`, 'utf8'))
  }
  return files
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = readSources()
  const found = judge(files)
  for (const { file, line, rule, what } of found) console.error(`${file}:${line}: ${rule}: ${what}`)
  if (files.size === 0) console.error('layers: no source file was found')
  console.log(`layers: ${files.size} files read, ${found.length} arrows point the wrong way`)
  process.exit(found.length || files.size === 0 ? 1 : 0)
}
