/**
 * TLS, loaded when somebody asks for it: most programs speak to one port in the clear, and none of them should wait for
 * certificates and handshakes to be read from the disk.
 */
import type { HandshakeSide } from './tls-socket.ts'

/** The functions of TLS that connecting and listening need. */
export interface TlsParts {
  readonly clientSide: typeof import('./tls.ts').clientSide
  readonly serverSide: typeof import('./tls.ts').serverSide
  readonly secureOver: typeof import('./tls.ts').secureOver
  readonly handshake: typeof import('./tls-socket.ts').handshake
}

/** What a plan holds that asks for TLS: one side of a handshake, and the functions that do it. */
export interface Security extends TlsParts {
  readonly side: HandshakeSide
}

/** Loads them; from the second time on there is nothing to wait for but a turn. */
export async function loadTls(): Promise<TlsParts> {
  const [{ clientSide, serverSide, secureOver }, { handshake }] = await Promise.all([
    import('./tls.ts'),
    import('./tls-socket.ts'),
  ])
  return { clientSide, serverSide, secureOver, handshake }
}
