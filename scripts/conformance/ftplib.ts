// Cases of the format `python-call` that are methods of Python's `ftplib.FTP`: asked of one without a connection, with what
// would come and what would be sent at hand.
import { ftplib } from '../../packages/url/src/python.ts'
import type { Case, Handler, Verdict } from './corpus.ts'
import { differs, type ExpectedError, errorDiffers } from './decode.ts'

class Alone extends ftplib.FTP {
  readonly sent: Uint8Array[] = []
  readonly listing: readonly string[]

  constructor(stream: string, listing: readonly string[]) {
    super()
    // As a file in text mode has it.
    const lines = stream.replace(/\r\n?/g, '\n').split(/(?<=\n)/)
    this.file = {
      readline: (limit: number) => {
        const line = lines.shift() ?? ''
        if (line.length <= limit) return line
        lines.unshift(line.slice(limit))
        return line.slice(0, limit)
      },
      close: () => {},
    }
    this.sock = { sendall: (data: Uint8Array) => this.sent.push(data) } as never
    this.listing = listing
  }
  override async retrlines(_cmd: unknown, callback: unknown): Promise<string> {
    for (const line of this.listing) (callback as (line: string) => void)(line)
    return '226 done'
  }
}

/** Puts the methods of FTP before a handler of functions. */
export function withFtplib(otherwise: Handler): Handler {
  return (test) =>
    String(test['fn']).startsWith('ftplib.FTP.') ? runMethod(test) : otherwise(test)
}

async function runMethod(test: Case): Promise<Verdict> {
  const expect = test['expect'] as { value?: unknown; error?: ExpectedError }
  const args = (test['args'] ?? []) as string[]
  const client = new Alone(String(test['stream'] ?? ''), args)
  let value: unknown
  try {
    switch (String(test['fn']).split('.')[2]) {
      case 'getresp':
        value = await client.getresp()
        break
      case 'putcmd':
        await client.putcmd(args[0] as string)
        value = new Uint8Array(Buffer.concat(client.sent))
        break
      default: {
        const entries: unknown[] = []
        for await (const entry of client.mlsd()) entries.push(entry)
        value = entries
      }
    }
  } catch (error) {
    return expect.error === undefined ? String(error) : errorDiffers(error, expect.error)
  }
  if (expect.error !== undefined) return errorDiffers(undefined, expect.error)
  return differs(value, expect.value)
}
