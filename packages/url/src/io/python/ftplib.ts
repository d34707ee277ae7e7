/** Python's module `ftplib`. */
import { builtins, type Callable, callable } from '@sluice/socket/python'
import { Client } from './ftplib-client.ts'
import { error_proto, FtpError, parse227 } from './ftplib-replies.ts'
import { SecureClient } from './ftplib-tls.ts'

export { FTP_PORT, MAXLINE, print_line } from './ftplib-client.ts'
export {
  error_perm,
  error_proto,
  error_reply,
  error_temp,
  FtpError as Error,
  parse150,
  parse227,
  parse229,
  parse257,
} from './ftplib-replies.ts'

/** Marks a byte as urgent, which no JavaScript runtime can: it is taken for nothing. */
export const MSG_OOB = 1
/** The end of a line. */
export const CRLF = '\r\n'
/** The same as bytes. */
export const B_CRLF: Uint8Array = Buffer.from(CRLF)
/** What may go wrong, for `instanceof` one after the other. */
export const all_errors: readonly (new (...args: never[]) => globalThis.Error)[] = [
  FtpError,
  builtins.OSError,
  builtins.EOFError,
]

/** A conversation with a server. */
export const FTP: Callable<typeof Client> = callable(Client, 'FTP')
/** A conversation in TLS. */
export const FTP_TLS: Callable<typeof SecureClient> = callable(SecureClient, 'FTP_TLS')

/** Has one server send a file to another: `ftpcp(source, name, target, name, 'I')`. */
export async function ftpcp(
  source: InstanceType<typeof FTP>,
  sourcename: string,
  target: InstanceType<typeof FTP>,
  targetname = '',
  type = 'I',
): Promise<void> {
  await source.voidcmd(`TYPE ${type}`)
  await target.voidcmd(`TYPE ${type}`)
  const [host, port] = parse227(await source.sendcmd('PASV'))
  await target.sendport(host, port)
  // RFC 959 §5.4 wants STOR before RETR here.
  for (const [ftp, command] of [
    [target, `STOR ${targetname || sourcename}`],
    [source, `RETR ${sourcename}`],
  ] as const) {
    const reply = await ftp.sendcmd(command)
    if (!/^1[25][50]/.test(reply)) throw new error_proto(reply)
  }
  await source.voidresp()
  await target.voidresp()
}
