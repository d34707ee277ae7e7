/**
 * What a handshake agreed on, read from the runtime's socket once: `connection.tls`.
 */
import type { TLSSocket } from 'node:tls'
import { equal } from '../core/bytes.ts'
import type { Certificate } from '../core/certificate.ts'
import { encodeSession } from '../core/tls-session.ts'

/** What a handshake agreed on. */
export interface TlsInfo {
  /** `TLSv1.3`. */
  readonly protocol: string
  /** The suite, by its standard name: `TLS_AES_256_GCM_SHA384`. */
  readonly cipher: string
  /** The application protocol, if one was agreed on. */
  readonly alpn: string | undefined
  /** The name that the client asked for. */
  readonly serverName: string | undefined
  /** Whether the peer's certificate was checked and is good. On a server: false when none was shown. */
  readonly authorized: boolean
  /** Why not, as a code, where `verify: false` let it pass; `undefined` when authorized, or when there was none. */
  readonly authorizationError: string | undefined
  /** Whether an earlier session was taken up again. */
  readonly resumed: boolean
  /** The peer's certificate. */
  readonly peerCertificate: Certificate | undefined
  /** The session as it is now, to be resumed by another connection. With TLS 1.3, take it from `onSession`. */
  readonly session: Uint8Array | undefined
}

/** SHA-256, by the runtime. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(bytes).digest()
}

/**
 * The certificate that the peer showed, in DER. Not by getPeerX509Certificate: on Node that takes it out of the chain, and
 * the next call finds the one above it.
 */
export function peerCertificateOf(socket: TLSSocket): Uint8Array | undefined {
  return (socket.getPeerCertificate() as PeerLink | undefined)?.raw
}

/**
 * The peer's certificate and those above it, each of which signed the one before: what a server merely sends along,
 * such as the certificate of a stranger, is not among them.
 */
export function peerChainOf(socket: TLSSocket): Uint8Array[] {
  const { X509Certificate } = process.getBuiltinModule('node:crypto')
  const chain: Uint8Array[] = []
  let link: PeerLink | undefined = socket.getPeerCertificate(true)
  let below: { verify(key: unknown): boolean } | undefined
  while (link?.raw !== undefined) {
    const certificate = new X509Certificate(link.raw)
    if (below?.verify(certificate.publicKey) === false) break
    chain.push(link.raw)
    // A root is its own issuer.
    const above: PeerLink | undefined = link.issuerCertificate
    if (above?.raw === undefined || equal(above.raw, link.raw)) break
    below = certificate as { verify(key: unknown): boolean }
    link = above
  }
  return chain
}

interface PeerLink {
  raw?: Uint8Array
  issuerCertificate?: PeerLink
}

/** What the judges of a handshake have found. */
export interface Findings {
  certificate: Certificate | undefined
  serverName: string | undefined
  authorizationError: string | undefined
  /** The chain, as a kept session needs it. */
  chain(): readonly Uint8Array[]
}

/** Reads what is to be told of a finished handshake. */
export function tlsInfoOf(socket: TLSSocket, findings: Findings): TlsInfo {
  const { alpnProtocol } = socket
  const { certificate, serverName, authorizationError } = findings
  const cipher = socket.getCipher() as { standardName?: string; name: string } | undefined
  return {
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: cipher?.standardName ?? cipher?.name ?? 'unknown',
    alpn: alpnProtocol || undefined,
    serverName,
    authorized: certificate !== undefined && authorizationError === undefined,
    authorizationError,
    resumed: socket.isSessionReused?.() === true,
    peerCertificate: certificate,
    get session(): Uint8Array | undefined {
      // A closed socket has none any more.
      const native = socket.getSession?.()
      return native && encodeSession({ chain: findings.chain(), native })
    },
  }
}
