/** What an FTP client and its calls can be told. */
import type { ConnectOptions, connect, TlsClientOptions } from '@sluice/socket'

/** How to speak with an FTP server. */
export interface FtpOptions
  extends Pick<
    ConnectOptions,
    'proxy' | 'resolver' | 'allowAddress' | 'family' | 'localAddress' | 'signal' | 'trace'
  > {
  /** Who logs in; default: as the URL says, else `anonymous`. */
  user?: string | undefined
  /** Default: as the URL says. Never shown in errors and events. */
  password?: string | undefined
  /** For servers that ask for an account, too. */
  account?: string | undefined
  /**
   * Speak TLS, by AUTH TLS on the usual port: before the password, and on data connections. A server that refuses is
   * refused. Default false.
   */
  tls?: boolean | TlsClientOptions | undefined
  /** With `tls`: whether the files are to be secret, too; default true. */
  dataTls?: boolean | undefined
  /** Who opens data connections: `passive` we (default), `active` the server. */
  mode?: 'passive' | 'active' | undefined
  /** How names are written: `utf8` (default; what is no UTF-8 is read as latin-1), or `latin1` for old servers. */
  encoding?: 'utf8' | 'latin1' | undefined
  /**
   * Milliseconds per phase as for `connect()` of `@sluice/socket`; `headers` is the wait for a reply, default 60 000, `idle`
   * that for the next bytes of a file, default 60 000. A number is for the login, all of it.
   */
  timeout?: ConnectOptions['timeout']
  /** Probe a silent control connection after so many milliseconds, while a long transfer runs beside it; default 30 000. */
  keepAlive?: number | undefined
  /**
   * Say NOOP after so many milliseconds of a transfer, and again, so that nobody takes the control connection for idle; default
   * 60 000, 0 is never. Not while the last one is unanswered: many servers answer when the transfer is over.
   */
  noop?: number | undefined
  /**
   * Log in again, into the same folder, when the server has ended the conversation while nothing was under way: by 421, as
   * servers do to who is idle for long, or without a word. What was asked for by `send()` (SITE, OPTS) is forgotten then.
   * Default false: the next call says that it is closed.
   */
  reconnect?: boolean | undefined
  /** Bytes of a listing; default 64 MiB. */
  limits?: { listing?: number | undefined } | undefined
  /** Opens connections, control and data; default: by `@sluice/socket`. */
  connect?: typeof connect | undefined
}

/** The keys of `FtpOptions`. */
export const FTP_KEYS = [
  'user',
  'password',
  'account',
  'tls',
  'dataTls',
  'mode',
  'encoding',
  'timeout',
  'keepAlive',
  'noop',
  'reconnect',
  'limits',
  'connect',
  'proxy',
  'resolver',
  'allowAddress',
  'family',
  'localAddress',
  'signal',
  'trace',
] as const

/** How one call is made. */
export interface FtpCallOptions {
  /** Ends the call, which rejects with `signal.reason`. A command whose reply is not awaited costs the connection. */
  signal?: AbortSignal | undefined
}

/** How a file is transferred. */
export interface FtpTransferOptions extends FtpCallOptions {
  /** Where to begin, in bytes: REST. Default 0. */
  offset?: number | undefined
  /** `binary` as it is (default), or `ascii`: lines end in CR LF on the wire and in LF here. */
  type?: 'binary' | 'ascii' | undefined
}

/** How a file is written. */
export interface FtpWriteOptions extends FtpTransferOptions {
  /** Put it behind what is there: APPE. Default false. */
  append?: boolean | undefined
  /** Is called with the bytes that have left so far; a promise is waited for, and what it throws ends the transfer. */
  onProgress?: ((bytes: number) => void) | undefined
}
