/**
 * Data connections of FTP: opened for one transfer, by us (passive) or by the server (active).
 *
 * Rules it keeps:
 * - Whatever a server says, it is connected to the host of the control connection; from a proxy, to the name that was
 *   given for it.
 * - What comes in from elsewhere is not the server: it is closed, and waited on.
 * - In TLS a data connection takes up the session of the control connection, since servers want to know that both ends of
 *   it are the same client (RFC 4217 §10.3; vsftpd and others refuse anything else).
 */
import { type Connection, type InetAddress, type Listener, listen } from '@sluice/socket'
import { FetchError } from '../core/errors.ts'
import { formatActive, planPassive } from '../core/ftp-address.ts'
import { kindOfReply, parseExtendedPassive, parsePassive } from '../core/ftp-reply.ts'
import type { FtpControl } from './ftp-control.ts'

/** How data connections are opened. */
export interface FtpDataFacts {
  readonly mode: 'passive' | 'active'
  /** The host as it was given, for a proxy to find. */
  readonly hostname: string
  readonly isProxied: boolean
  readonly connect: (
    target: { hostname: string; port: number },
    signal?: AbortSignal,
  ) => Promise<Connection>
  /** Milliseconds for a server to connect to us. */
  readonly patience: number
}

/** A data connection on its way. */
export interface PendingData {
  /** The connection, once the server has been told what it is for. */
  readonly connection: Promise<Connection>
  /** Nothing is to be transferred. */
  cancel(): void
}

/** Opens data connections, and remembers what a server does not know. */
export class FtpDataOpener {
  readonly #control: FtpControl
  readonly #facts: FtpDataFacts
  #isExtendedRefused = false

  constructor(control: FtpControl, facts: FtpDataFacts) {
    this.#control = control
    this.#facts = facts
  }

  /** Prepares one, by commands to the server; the transfer's own command comes next. */
  open(signal?: AbortSignal): Promise<PendingData> {
    return this.#facts.mode === 'active' ? this.#listen(signal) : this.#connect(signal)
  }

  async #connect(signal: AbortSignal | undefined): Promise<PendingData> {
    const peer = this.#control.stream.remoteAddress as InetAddress | undefined
    const { isProxied, hostname } = this.#facts
    const host = isProxied || peer === undefined ? hostname : peer.hostname
    const plan = planPassive({
      family: isProxied ? undefined : peer?.family,
      isExtendedRefused: this.#isExtendedRefused,
    })
    let failure: unknown
    for (const verb of plan) {
      const port = await this.#askPort(verb, signal)
      if (port === undefined) continue
      try {
        const connection = await this.#facts.connect({ hostname: host, port }, signal)
        return { connection: Promise.resolve(connection), cancel: () => connection.destroy() }
      } catch (error) {
        // A translator that understands PASV may not understand EPSV, and lead nowhere.
        failure = error
        signal?.throwIfAborted()
      }
    }
    throw failure
  }

  /** @returns `undefined` where the next command may do better */
  async #askPort(
    verb: 'EPSV' | 'PASV',
    signal: AbortSignal | undefined,
  ): Promise<number | undefined> {
    await this.#control.send(verb, undefined, signal)
    const reply = await this.#control.reply(verb, signal)
    const port = verb === 'EPSV' ? parseExtendedPassive(reply.text) : parsePassive(reply.text)?.port
    if (kindOfReply(reply) === 'completion' && port !== undefined) return port
    // "Not now" says nothing about the command: PASV would fare no better, and EPSV is asked for next time.
    const isTransient = kindOfReply(reply) === 'transient'
    const isLast = verb === 'PASV' || this.#isIPv6()
    if (!isLast && !isTransient) {
      this.#isExtendedRefused = true
      return undefined
    }
    if (kindOfReply(reply) !== 'completion') throw this.#control.refusal(verb, undefined, reply)
    const url = `${this.#control.facts.origin}/`
    const reason = `the server named no port: ${JSON.stringify(reply.text.slice(0, 60))}`
    throw new FetchError({ method: verb, url, code: 'ERR_PROTOCOL', phase: 'reply', reason })
  }

  #isIPv6(): boolean {
    const address = this.#control.stream.remoteAddress as InetAddress | undefined
    return !this.#facts.isProxied && address?.family === 'IPv6'
  }

  async #listen(signal: AbortSignal | undefined): Promise<PendingData> {
    const { localAddress, remoteAddress } = this.#control.stream
    const ours = localAddress as InetAddress
    const peer = remoteAddress as InetAddress
    const listener = await listen({ hostname: ours.hostname, port: 0 })
    try {
      const { port } = listener.address as InetAddress
      const [verb, argument] = formatActive({ ...ours, port }).split(' ') as [string, string]
      await this.#control.command(verb, argument, ['completion'], signal)
    } catch (error) {
      await listener.close()
      throw error
    }
    return {
      connection: this.#accept(listener, peer.hostname, signal),
      // Whoever waits for it hears that it was closed.
      cancel: () => void listener.close(),
    }
  }

  async #accept(
    listener: Listener,
    host: string,
    signal: AbortSignal | undefined,
  ): Promise<Connection> {
    const until = performance.now() + this.#facts.patience
    try {
      for (;;) {
        const timeout = Math.max(1, until - performance.now())
        const connection = await listener.accept({ timeout, signal })
        if ((connection.remoteAddress as InetAddress).hostname === host) return connection
        connection.destroy()
      }
    } finally {
      void listener.close()
    }
  }
}
