// The import rule of the project, as a program: arrows point down and inward. It reads every source file
// with the TypeScript parser and judges each way a module can be reached (import, export from, import(),
// import types, require, createRequire, process.getBuiltinModule), each global that reaches the network, and what
// `core/` touches of the world around it. A global is found by its name, as a member of the global object, and in
// what is taken out of that by a pattern.
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
  socket: ['bytes', 'constants', 'errors', 'ip'],
  http: ['parser', 'headers', 'cookies'],
  url: ['parse', 'robots'],
}

/** Built-ins that reach the network: `socket/io` is the one place that may. The inspector opens a port, too. */
const NETWORK = new Set(['net', 'tls', 'dgram', 'dns', 'http', 'https', 'http2', 'inspector'])
const BUILTIN = new Set(builtinModules.map((name) => name.replace(/^node:/, '')))

/** Globals that wait, tell the time, draw lots or reach outside: `core/` has none of them. */
const IMPURE = new Set(
  (
    'Promise setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate queueMicrotask ' +
    'process performance console fetch crypto require WebSocket XMLHttpRequest navigator Worker ' +
    'MessageChannel BroadcastChannel localStorage Atomics SharedArrayBuffer EventSource WebTransport ' +
    'AbortController AbortSignal.timeout ReadableStream WritableStream TransformStream Array.fromAsync eval Intl ' +
    // Where the whole of it is handed on, what is taken out of it can't be seen.
    'globalThis Math Math.random Date.now'
  ).split(' '),
)

/** Globals that reach the network without any import. */
const NETWORK_GLOBALS = new Set(
  'fetch WebSocket XMLHttpRequest EventSource WebTransport Bun Deno'.split(' '),
)

/** Names of the global object. */
const GLOBAL_OBJECTS = new Set(['globalThis', 'global', 'self', 'window'])

/** @returns which part of the house a file belongs to: package, room (core, io, door, test, app), door name */
export function place(path) {
  const [, name, inside] = /^packages\/([^/]+)\/(.+)$/.exec(path) ?? []
  if (!name) return undefined
  if (name === 'examples')
    return { name, room: /^test\/|\.test\.ts$/.test(inside) ? 'test' : 'app' }
  if (/\.test(-d)?\.ts$/.test(path) || !inside.startsWith('src/')) return { name, room: 'test' }
  const below = inside.slice('src/'.length)
  if (below.startsWith('core/')) return { name, room: 'core' }
  if (below.startsWith('io/')) return { name, room: 'io' }
  if (below === 'bin.ts') return { name, room: 'command' }
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
      const same = found.some((f) => f.file === path && f.line === line + 1 && f.what === what)
      if (!same) found.push({ file: path, line: line + 1, rule, what })
    }
    if (from.room === 'stray')
      report(source, 'unknown-room', 'a source file is a door, in core/ or in io/')
    if (from.room === 'door')
      for (const statement of source.statements)
        if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement))
          report(statement, 'door-re-exports', statement.getText(source).split('\n')[0])
    const names = namesOf(source)
    const test = from.room === 'test'
    // A comment that imports: whoever wants something of another file says so where all imports stand.
    for (const { fileName } of [...source.referencedFiles, ...source.typeReferenceDirectives])
      if (!test) report(source, 'no-reference', fileName)
    visit(source, (node) => {
      const target = specifierOf(node, names)
      if (target === COMPUTED) {
        if (!test && from.room !== 'app') report(node, 'computed-import', node.getText(source))
      } else if (target !== undefined) {
        const rule = breaks(from, path, target, files)
        if (rule) report(node, rule, target)
      }
      if (from.room === 'core') {
        for (const impure of impurities(node, path, names.declared))
          report(node, 'core-is-pure', impure)
      } else if (!test && !(from.name === 'socket' && from.room === 'io')) {
        // An example may set the platform's beside ours, when it says so: globalThis.fetch.
        const said = from.room === 'app' && ts.isPropertyAccessExpression(node)
        for (const name of touched(node, names.declared))
          if (NETWORK_GLOBALS.has(name) && !said && !isInType(node)) report(node, 'network', name)
      }
    })
  }
  return found
}

const COMPUTED = Symbol('computed')

/**
 * Names that a file gives to things: all that it declares, and those among them that load modules, or make what does.
 * A name counts for the whole file: whoever hides a global behind a parameter elsewhere wants another name.
 */
function namesOf(source) {
  const declared = new Set()
  const makers = new Set(['createRequire'])
  const loaders = new Set(['require', 'getBuiltinModule'])
  const names = { declared, makers, loaders }
  const like = (name, original) => {
    if (makers.has(original)) makers.add(name)
    if (loaders.has(original) && original !== 'require') loaders.add(name)
  }
  visit(source, (node) => {
    const { name } = node
    if (name === undefined || !ts.isIdentifier(name)) return
    const declares =
      ts.isImportSpecifier(node) ||
      ts.isImportClause(node) ||
      ts.isNamespaceImport(node) ||
      ts.isVariableDeclaration(node) ||
      ts.isBindingElement(node) ||
      ts.isParameter(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isFunctionExpression(node) ||
      ts.isClassDeclaration(node)
    if (!declares) return
    if (ts.isImportSpecifier(node) || ts.isBindingElement(node)) {
      like(name.text, (node.propertyName ?? name).text)
      // What a pattern takes out of the global object is still the global.
      const pattern = ts.isBindingElement(node) ? node.parent : undefined
      if (pattern?.parent.initializer && denoted(pattern.parent.initializer, NONE) === 'globalThis')
        return
    }
    declared.add(name.text)
    if (!ts.isVariableDeclaration(node) || node.initializer === undefined) return
    const value = bare(node.initializer)
    like(name.text, ts.isIdentifier(value) ? value.text : keyOf(value))
    if (isLoader(value, names)) loaders.add(name.text)
  })
  return names
}

const NONE = new Set()

/** Members that load a module, whatever they are a member of. */
const MEMBERS_THAT_LOAD = new Set(['getBuiltinModule', 'require', '_load', 'binding'])

/** Whether an expression is a function that loads modules by name. */
function isLoader(node, names) {
  const at = bare(node)
  if (ts.isIdentifier(at)) return names.loaders.has(at.text)
  if (MEMBERS_THAT_LOAD.has(keyOf(at))) return true
  if (!ts.isCallExpression(at)) return false
  const callee = bare(at.expression)
  if (keyOf(callee) === 'bind') return isLoader(callee.expression, names)
  return names.makers.has(ts.isIdentifier(callee) ? callee.text : keyOf(callee))
}

/** @returns the module that a node reaches for: its specifier, COMPUTED when it is not a literal, else undefined */
function specifierOf(node, names) {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node))
    return literal(node.moduleSpecifier)
  if (ts.isImportTypeNode(node)) return literal(node.argument.literal)
  if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference))
    return literal(node.moduleReference.expression)
  if (!ts.isCallExpression(node)) return undefined
  const callee = bare(node.expression)
  // load.call(process, 'node:net'): nobody writes that by chance.
  if (['call', 'apply'].includes(keyOf(callee)) && isLoader(callee.expression, names))
    return COMPUTED
  const reaches = callee.kind === ts.SyntaxKind.ImportKeyword || isLoader(callee, names)
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
    if (test) return undefined
    if (to.room === 'test') return 'source-imports-test'
    if (from.room === 'app') return undefined
    if (from.room === 'core' && to.room !== 'core') return 'core-imports-core'
    if (from.room === 'io' && to.room === 'door') return 'io-imports-door'
    if (to.room === 'command') return 'imports-command'
    if (from.room === 'door' && to.room === 'door') return 'door-imports-door'
    if (from.room === 'door' && to.room === 'io' && PURE_DOORS[from.name]?.includes(from.door))
      return 'pure-door-is-pure'
    return undefined
  }
  const builtin = specifier.replace(/^node:/, '')
  // Node's own halves of them count as well: _http_client, _tls_wrap.
  const top = builtin.replace(/^_/, '').split(/[/_]/)[0]
  if (specifier.startsWith('node:') || BUILTIN.has(builtin)) {
    if (test) return undefined
    if (from.room === 'core') return 'core-imports-core'
    if (from.room === 'door') return 'door-re-exports'
    if (NETWORK.has(top) && !(from.name === 'socket' && from.room === 'io')) return 'network'
    return undefined
  }
  const [, name, , door] = /^@sluice\/([^/]+)(\/(.+))?$/.exec(specifier) ?? []
  if (!name) return test ? undefined : 'no-dependency'
  if (LAYERS.indexOf(name) >= LAYERS.indexOf(from.name))
    return test && name === from.name ? undefined : 'upward'
  if (door?.includes('/') || !files.has(`packages/${name}/src/${door ?? 'index'}.ts`))
    return 'no-such-door'
  if (test || from.room === 'app' || from.room === 'io') return undefined
  if (from.room === 'core') return PURE_DOORS[name].includes(door) ? undefined : 'core-imports-core'
  return 'door-re-exports'
}

/** @returns what a node of `core/` does that core must not do */
function impurities(node, path, declared) {
  if (ts.isAwaitExpression(node)) return ['await']
  if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword)
    return ['import.meta']
  if (keyOf(node) === 'then') return ['then']
  if (ts.isForOfStatement(node) && node.awaitModifier) return ['for await']
  if (
    ts.canHaveModifiers(node) &&
    ts.getModifiers(node)?.some((m) => m.kind === ts.SyntaxKind.AsyncKeyword)
  )
    return ['async function']
  if (ts.isIdentifier(node) && node.text === 'Date' && isFree(node)) {
    const { parent } = node
    if (ts.isCallExpression(parent) && parent.expression === node) return ['Date()']
    if (ts.isNewExpression(parent) && !parent.arguments?.length) return ['new Date()']
  }
  // `core/bytes.ts` owns the fast slices of the global Buffer; everything else asks it.
  const ownsBuffer = path === 'packages/socket/src/core/bytes.ts'
  // Core has no names of its own for what it must not touch, apart from two that are words as well.
  const own = new Set(['window', 'self'].filter((name) => declared.has(name)))
  return [...touched(node, own)].filter(
    (name) => IMPURE.has(name) || (name === 'Buffer' && !ownsBuffer),
  )
}

/**
 * The globals that a node reaches by itself: `fetch`, `globalThis.fetch`, `{ fetch } = globalThis`, `Math.random`,
 * `{ random } = Math`. `globalThis` and `Math` are among them only where they are handed on whole.
 */
function* touched(node, declared) {
  if (ts.isIdentifier(node)) {
    const name = denoted(node, declared)
    if (name === undefined || !isFree(node)) return
    if (!WHOLES.has(name)) yield name
    else if (name !== 'Date' && !isTakenApart(node)) yield name
    return
  }
  const key = keyOf(node)
  if (key !== undefined) {
    const whole = denoted(node.expression, declared)
    if (whole === 'globalThis') yield key
    else if (WHOLES.has(whole)) yield `${whole}.${key}`
    return
  }
  const pattern = patternOf(node)
  const whole = pattern && denoted(pattern.from, declared)
  if (!WHOLES.has(whole)) return
  for (const name of pattern.names)
    yield name === undefined ? whole : whole === 'globalThis' ? name : `${whole}.${name}`
}

/** Globals whose members matter, one by one. */
const WHOLES = new Set(['globalThis', 'Math', 'Date', 'AbortSignal', 'Array'])

/** @returns the global that an expression is, `globalThis` for each name of it, or undefined */
function denoted(node, declared) {
  const at = bare(node)
  if (ts.isIdentifier(at)) {
    if (declared.has(at.text)) return undefined
    return GLOBAL_OBJECTS.has(at.text) ? 'globalThis' : at.text
  }
  const key = keyOf(at)
  if (key === undefined || denoted(at.expression, declared) !== 'globalThis') return undefined
  return GLOBAL_OBJECTS.has(key) ? 'globalThis' : key
}

/** @returns the names that a pattern takes out of an expression (undefined: any, or all the rest), if node is one */
function patternOf(node) {
  if (node.name && ts.isObjectBindingPattern(node.name) && node.initializer) {
    const names = node.name.elements.map((element) =>
      element.dotDotDotToken ? undefined : textOf(element.propertyName ?? element.name),
    )
    return { from: node.initializer, names }
  }
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.EqualsToken)
    return undefined
  const left = bare(node.left)
  if (!ts.isObjectLiteralExpression(left)) return undefined
  const names = left.properties.map((property) => property.name && textOf(property.name))
  return { from: node.right, names }
}

/** Whether a name of a whole is followed by a member's, by a pattern, or only asked about. */
function isTakenApart(node) {
  let at = node
  while (bare(at.parent) === bare(node) && at.parent !== node) at = at.parent
  const { parent } = at
  if (parent.expression === at && keyOf(parent) !== undefined) return true
  if (ts.isQualifiedName(parent) || ts.isTypeQueryNode(parent)) return true
  if (ts.isTypeOfExpression(parent)) return true
  if (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.InKeyword)
    return true
  return bare(patternOf(parent)?.from ?? parent) === bare(node)
}

/** An expression without its brackets and assertions. */
function bare(node) {
  let at = node
  while (
    ts.isParenthesizedExpression(at) ||
    ts.isAsExpression(at) ||
    ts.isSatisfiesExpression(at) ||
    ts.isNonNullExpression(at)
  )
    at = at.expression
  return at
}

/** @returns the member that is looked up, where its name is written down */
function keyOf(node) {
  if (ts.isPropertyAccessExpression(node)) return node.name.text
  return ts.isElementAccessExpression(node) ? literal(node.argumentExpression) : undefined
}

function textOf(name) {
  return ts.isIdentifier(name) ? name.text : literal(name)
}

/** Whether a node is part of a type, which is gone when the program runs. */
function isInType(node) {
  for (let at = node; at !== undefined; at = at.parent)
    if (ts.isTypeNode(at) && !ts.isExpressionWithTypeArguments(at)) return true
  return false
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

/** Every source below `packages/`, generated and installed files apart, in whichever dialect somebody wrote it. */
export function readSources(root = '.') {
  const files = new Map()
  for (const entry of readdirSync(`${root}/packages`, { recursive: true })) {
    const path = `packages/${String(entry).replaceAll('\\', '/')}`
    if (!/\.[cm]?[jt]sx?$/.test(path) || /(^|\/)(node_modules|dist|temp|coverage)\//.test(path))
      continue
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
