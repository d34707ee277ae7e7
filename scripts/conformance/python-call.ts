// Format `python-call`: a function of Python, its arguments, and the value or error it gave. The call goes
// through the Python doors, since they are what has Python's names.
import { type Call, type Keywords, kw } from '../../packages/socket/src/python.ts'
import { type Case, type Handler, Missing } from './corpus.ts'
import { decode, outcomeDiffers } from './decode.ts'

type Function = (...args: Call<unknown[]>) => unknown

/** Names that stand for a method of str or bytes. */
const METHODS: Readonly<Record<string, [fn: string, ...rest: unknown[]]>> = {
  'str.encode("idna")': ['codecs.encode', 'idna'],
  'bytes.decode("idna")': ['codecs.decode', 'idna'],
}

/**
 * Makes a handler that finds functions in the given modules.
 *
 * @param modules namespaces of the Python doors, by the name of Python's module or package
 */
export function pythonCall(modules: Readonly<Record<string, object>>): Handler {
  const lookup = (name: string): unknown => {
    // Classes of results are written without their module.
    const path = name.includes('.') ? name.split('.') : ['urllib', 'parse', name]
    return path.reduce<unknown>(
      (at, part) => (at as Record<string, unknown> | undefined)?.[part],
      modules,
    )
  }
  return (test: Case) => {
    const [name, ...rest] = METHODS[String(test['fn'])] ?? [String(test['fn'])]
    const fn = lookup(name) as Function | undefined
    if (typeof fn !== 'function') return new Missing(name)
    const args = ((test['args'] ?? []) as unknown[]).map((arg) => decode(arg, lookup))
    // A case of inet_pton and inet_ntop has its first argument in a field of its own.
    if (typeof test['family'] === 'string') args.unshift(lookup(`socket.${test['family']}`))
    args.push(...rest)
    const keywords = Object.entries((test['kwargs'] ?? {}) as Record<string, unknown>)
    const named: Keywords[] = keywords.length
      ? [kw(Object.fromEntries(keywords.map(([key, value]) => [key, decode(value, lookup)])))]
      : []
    const call = () => fn(...([...args, ...named] as Call<unknown[]>))
    return outcomeDiffers(call, test['expect'] as Record<string, unknown>)
  }
}
