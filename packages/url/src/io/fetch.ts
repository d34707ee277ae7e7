/** `fetch`: the client of those who have none. */
import type { Response } from '@sluice/http'
import { Client } from './client.ts'
import { type FetchInput, type FetchOptions, NO_OPTIONS } from './run-fetch.ts'

let shared: Client | undefined

/**
 * Fetches what is behind a URL. Connections are kept for the next fetch, and do not keep the process alive.
 *
 * @param input an absolute URL (`http:`, `https:`, `file:`, `data:`), or a Request
 * @param options what the standard has, and `timeout`, `limits`, `tls`, `proxy`, `decode` and others of the layers below
 * @returns the response as soon as its head is here, whatever its status. Read its body, or cancel it
 * @throws {FetchError} (a TypeError) the URL is none, nobody answers, the answer makes no sense ...; `code`
 *   and `phase` tell which, `cause` has the lower error
 * @throws `signal.reason` when aborted
 * @throws {TypeError} options that make no sense
 * @see Fetch §5.6
 * @example
 * const response = await fetch('http://127.0.0.1:8080/')
 * console.log(response.status, await response.text())
 */
export async function fetch(
  input: FetchInput,
  options: FetchOptions = NO_OPTIONS,
): Promise<Response> {
  shared ??= new Client()
  return shared.fetch(input, options)
}
