/** Handlers of `urllib.request` for what is here: `file:` and `data:`. */
import { type FileHandle, open, stat } from 'node:fs/promises'
import { formatDate } from '@sluice/http/headers'
import { http } from '@sluice/http/python'
import { mimeType } from '@sluice/http/static'
import { builtins, type Callable, callable, socket } from '@sluice/socket/python'
import { ByteFile } from './byte-file.ts'
import { URLError } from './error.ts'
import { splitPort } from './legacy.ts'
import * as nturl2path from './nturl2path.ts'
import { BaseHandler } from './opener.ts'
import { osError } from './os-error.ts'
import { quote, unquote, unquote_to_bytes } from './parse.ts'
import type { RequestObject } from './request-object.ts'
import { addinfourl } from './response.ts'

/** Fields of a response that we made. */
export function messageOf(
  fields: Readonly<Record<string, string | number>>,
): InstanceType<typeof http.client.HTTPMessage> {
  const message = http.client.HTTPMessage()
  for (const [name, value] of Object.entries(fields)) message.__setitem__(name, String(value))
  return message
}

const isWindows = process.platform === 'win32'

/** A path of this system, of that of a URL. */
export function url2pathname(pathname: string): string {
  return isWindows ? nturl2path.url2pathname(pathname) : (unquote(pathname) as string)
}
/** The path of a URL, of one of this system. */
export function pathname2url(pathname: string): string {
  return isWindows ? nturl2path.pathname2url(pathname) : (quote(pathname) as string)
}

/** The media type by a name's ending, or null. */
export function typeOf(name: string): string | null {
  const type = mimeType(name).split(';')[0] as string
  return type === 'application/octet-stream' ? null : type
}

class Files extends BaseHandler {
  /** Addresses of this machine. */
  static names: string[] | null = null

  async file_open(req: RequestObject): Promise<unknown> {
    const url = req.selector
    const isOfHost = url.startsWith('//') && url[2] !== '/' && req.host && req.host !== 'localhost'
    if (!isOfHost) return this.open_local_file(req)
    if (!(await this.get_names()).includes(req.host))
      throw new URLError('file:// scheme is supported only on localhost')
    return null
  }
  async get_names(): Promise<string[]> {
    Files.names ??= await namesOfThisMachine()
    return Files.names
  }
  /** @throws {URLError} it is not there, or not here */
  async open_local_file(req: RequestObject): Promise<unknown> {
    const { host, selector } = req
    const path = url2pathname(selector)
    let handle: FileHandle | undefined
    try {
      const facts = await stat(path)
      const headers = messageOf({
        'Content-type': typeOf(selector) ?? 'text/plain',
        'Content-length': facts.size,
        'Last-modified': formatDate(Math.trunc(facts.mtimeMs / 1000) * 1000),
      })
      const [name, port] = host ? splitPort(host) : ['', null]
      const isHere = !host || (port === null && (await this.#isHere(name)))
      if (isHere) {
        handle = await open(path)
        return addinfourl(fileOf(handle), headers, `file://${host ?? ''}${selector}`)
      }
    } catch (error) {
      throw new URLError(osError(error))
    }
    throw new URLError('file not on local host')
  }
  async #isHere(name: string): Promise<boolean> {
    try {
      return (await this.get_names()).includes(await socket.gethostbyname(name))
    } catch {
      return false
    }
  }
}
/** Reads files of this machine. */
export const FileHandler: Callable<typeof Files> = callable(Files, 'FileHandler')

async function namesOfThisMachine(): Promise<string[]> {
  try {
    const names = await Promise.all(
      ['localhost', socket.gethostname()].map((name) => socket.gethostbyname_ex(name)),
    )
    return names.flatMap(([, , addresses]) => [...addresses])
  } catch {
    return [await socket.gethostbyname('localhost')]
  }
}

/** Closed at its end, too: who reads all and drops it leaks in JavaScript, where in Python counting closes it. */
function fileOf(handle: FileHandle): ByteFile {
  return new ByteFile({
    fd: handle.fd,
    next: async () => {
      const { bytesRead, buffer } = await handle.read(new Uint8Array(65_536), 0, 65_536)
      if (bytesRead === 0) await handle.close()
      return buffer.subarray(0, bytesRead)
    },
    close: () => handle.close(),
  })
}

class Data extends BaseHandler {
  /** @throws {ValueError} there is no comma, or the base64 is none */
  data_open(req: RequestObject): unknown {
    const url = req.full_url
    const [, head = '', text] = /^[^:]*:([^,]*),(.*)$/s.exec(url) ?? []
    if (text === undefined)
      throw new builtins.ValueError('not enough values to unpack (expected 2, got 1)')
    let data = unquote_to_bytes(text) as Uint8Array
    const isBase64 = head.endsWith(';base64')
    if (isBase64) data = fromBase64(data)
    const type = (isBase64 ? head.slice(0, -7) : head) || 'text/plain;charset=US-ASCII'
    const headers = messageOf({ 'Content-type': type, 'Content-length': data.length })
    return addinfourl(ByteFile.of(data), headers, url)
  }
}
/** Reads what is in the URL itself. */
export const DataHandler: Callable<typeof Data> = callable(Data, 'DataHandler')

/** As `base64.decodebytes`: what is no letter is skipped, and the end has to fit. */
function fromBase64(data: Uint8Array): Uint8Array {
  const text = Buffer.from(data).toString('latin1')
  const letters = text.replace(/[^A-Za-z0-9+/=]/g, '')
  const digits = letters.replace(/=.*$/s, '')
  const padding = letters.length - digits.length
  if (digits.length % 4 === 1 || (digits.length % 4 !== 0 && padding < 4 - (digits.length % 4)))
    throw new builtins.ValueError('Incorrect padding')
  return Buffer.from(digits, 'base64')
}
