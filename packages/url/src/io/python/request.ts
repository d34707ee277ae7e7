/** Python's module `urllib.request`. */
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, normalize } from 'node:path'
import { bind, builtins, type Call, kw, ssl } from '@sluice/socket/python'
import { CacheFTPHandler, FTPHandler, ftpwrapper } from './ftp-handlers.ts'
import {
  HTTPDefaultErrorHandler,
  HTTPErrorProcessor,
  HTTPHandler,
  HTTPRedirectHandler,
  HTTPSHandler,
  UnknownHandler,
} from './http-handlers.ts'
import { splitType } from './legacy.ts'
import { DataHandler, FileHandler } from './local-handlers.ts'
import { OpenerDirector } from './opener.ts'
import { ProxyHandler } from './proxy-handler.ts'
import type { MessageBody, RequestObject } from './request-object.ts'
import type { HTTPMessage, UrlResponse } from './response.ts'
import { retrieveInto } from './retrieve.ts'

export {
  AbstractBasicAuthHandler,
  AbstractDigestAuthHandler,
  HTTPBasicAuthHandler,
  HTTPDigestAuthHandler,
  ProxyBasicAuthHandler,
  ProxyDigestAuthHandler,
} from './auth-handlers.ts'
export { parse_http_list, parse_keqv_list } from './field-lists.ts'
export {
  AbstractHTTPHandler,
  HTTPCookieProcessor,
  HTTPDefaultErrorHandler,
  HTTPErrorProcessor,
  HTTPHandler,
  HTTPRedirectHandler,
  HTTPSHandler,
  UnknownHandler,
} from './http-handlers.ts'
export { pathname2url, url2pathname } from './local-handlers.ts'
export { BaseHandler, OpenerDirector } from './opener.ts'
export {
  HTTPPasswordMgr,
  HTTPPasswordMgrWithDefaultRealm,
  HTTPPasswordMgrWithPriorAuth,
} from './password-manager.ts'
export {
  _parse_proxy,
  getproxies,
  getproxies_environment,
  ProxyHandler,
  proxy_bypass,
  proxy_bypass_environment,
} from './proxy-handler.ts'
export { Request, request_host } from './request-object.ts'
export { FancyURLopener, localhost, thishost, URLopener } from './url-opener.ts'
export { CacheFTPHandler, DataHandler, FileHandler, FTPHandler, ftpwrapper }

let installed: InstanceType<typeof OpenerDirector> | null = null

/**
 * Opens a URL or a Request: `urlopen(url, data, timeout, kw({ context }))`.
 *
 * @returns a file with `status`, `headers` and `url`
 * @throws {HTTPError} a status that is no success: it is the response, too. {URLError} nothing came of it
 */
export async function urlopen(
  ...args: Call<[url: string | RequestObject, data?: MessageBody | null, timeout?: number | null]>
): Promise<UrlResponse> {
  const given = bind(
    'urlopen',
    [...['url', 'data?', 'timeout?', '*'], ...['cafile?', 'capath?', 'cadefault?', 'context?']],
    args,
  )
  const { cafile, capath, cadefault, context } = given
  const { url, data, timeout } = given as {
    url: string | RequestObject
    data?: MessageBody | null
    timeout?: number | null
  }
  let opener: InstanceType<typeof OpenerDirector>
  if (cafile || capath || cadefault) {
    process.emitWarning(
      'cafile, capath and cadefault are deprecated, use a custom context instead.',
      'DeprecationWarning',
    )
    if (context !== undefined && context !== null)
      throw new builtins.ValueError(
        "You can't pass both context and any of cafile, capath, and cadefault",
      )
    const made = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, kw({ cafile, capath }))
    opener = build_opener(HTTPSHandler(kw({ context: made })))
  } else if (context) opener = build_opener(HTTPSHandler(kw({ context })))
  else {
    installed ??= build_opener()
    opener = installed
  }
  return timeout === undefined ? opener.open(url, data) : opener.open(url, data, timeout)
}

/** What `urlopen` uses from now on. */
export function install_opener(opener: InstanceType<typeof OpenerDirector> | null): void {
  installed = opener
}

type HandlerClass = (new () => object) & ((...args: never[]) => object)

/** An opener of the usual handlers, and of those given: in place of those that they derive from. */
export function build_opener(...handlers: unknown[]): InstanceType<typeof OpenerDirector> {
  const opener = OpenerDirector()
  const usual = [
    ...[ProxyHandler, UnknownHandler, HTTPHandler, HTTPDefaultErrorHandler, HTTPRedirectHandler],
    ...[FTPHandler, FileHandler, HTTPErrorProcessor, DataHandler, HTTPSHandler],
  ] as unknown as HandlerClass[]
  for (const Class of usual) {
    const isReplaced = handlers.some((handler) =>
      typeof handler === 'function' && handler.prototype !== undefined
        ? (handler as unknown) === Class || handler.prototype instanceof Class
        : handler instanceof Class,
    )
    if (!isReplaced) opener.add_handler(new Class())
  }
  for (const handler of handlers)
    opener.add_handler(
      typeof handler === 'function' && handler.prototype !== undefined
        ? new (handler as HandlerClass)()
        : handler,
    )
  return opener
}

/** Files of `urlretrieve` that have no name of the program's. */
const temporary: string[] = []

/**
 * Copies a URL into a file: `urlretrieve(url, filename, reporthook, data)`.
 *
 * @returns the name of the file, and the fields
 * @throws {ContentTooShortError} it ended early. As `urlopen`
 */
export async function urlretrieve(
  ...args: Call<
    [
      url: string,
      filename?: string | null,
      reporthook?: ((blocks: number, size: number, total: number) => unknown) | null,
      data?: MessageBody | null,
    ]
  >
): Promise<[filename: string, headers: HTTPMessage]> {
  const parameters = ['url', 'filename?', 'reporthook?', 'data?']
  const given = bind('urlretrieve', parameters, args)
  const url = given['url'] as string
  const report = given['reporthook'] as ((...args: number[]) => unknown) | null | undefined
  const [type, path] = splitType(url)
  const response = await urlopen(url, (given['data'] ?? null) as MessageBody | null)
  try {
    if (type === 'file' && !given['filename'])
      return [normalize(path.replace(/^\/\/[^/]*/, '')), response.info()]
    const filename = (given['filename'] as string | undefined) || (await temporaryName())
    return await retrieveInto(filename, response, report)
  } finally {
    await response.close()
  }
}

async function temporaryName(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'urlretrieve-'))
  temporary.push(folder)
  return join(folder, 'file')
}

/** Removes what `urlretrieve` left, and what `install_opener` set. */
export function urlcleanup(): void {
  for (const folder of temporary.splice(0)) rmSync(folder, { recursive: true, force: true })
  installed = null
}
