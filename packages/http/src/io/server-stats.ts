/** What a server counts: numbers that grow while it works, and are added up only when somebody asks. */

/** Requests by what became of them. Their sum, without `lost`, is `responses`. */
export interface Outcomes {
  /** 101, or a tunnel that was granted: the connection speaks something else now. */
  switched: number
  /** 2xx. */
  success: number
  /** 3xx. */
  redirect: number
  /** 4xx. */
  clientError: number
  /** 5xx. */
  serverError: number
  /** The client, or the connection, was gone before the response was complete. */
  lost: number
}

/** What a server has counted. */
export interface ServerStats {
  /** Connections that are open now. */
  connections: number
  /** All connections that there ever were. */
  accepted: number
  /** Requests whose head was read. */
  requests: number
  /** Responses that were completed. */
  responses: number
  /** Requests that are being answered. */
  inFlight: number
  /** Requests by what became of them. */
  outcomes: Outcomes
  /** Bytes from all connections, heads included. */
  bytesReceived: number
  /** Bytes to all connections, heads included. */
  bytesSent: number
  /** Errors by code. */
  errors: Record<string, number>
}

/** The numbers that grow with each request. */
export class Tally {
  requests = 0
  responses = 0
  switched = 0
  lost = 0
  /** Responses by the first digit of their status. */
  readonly #classes = [0, 0, 0, 0, 0, 0]

  answered(status: number): void {
    this.responses++
    const digit = (status / 100) | 0
    this.#classes[digit] = (this.#classes[digit] ?? 0) + 1
  }

  get outcomes(): Outcomes {
    const [, , success = 0, redirect = 0, clientError = 0, serverError = 0] = this.#classes
    const { switched, lost } = this
    return { switched, success, redirect, clientError, serverError, lost }
  }
}
