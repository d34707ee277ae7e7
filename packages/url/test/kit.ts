/** What the tests of this folder share: servers and clients that are closed behind each test. */
import { type Info, type Response, type ServeOptions, type Server, serve } from '@sluice/http'
import { Client, type ClientOptions } from '../src/index.ts'

/** What is closed when the test is over, the last one first. */
export const open: { close(): unknown }[] = []

/** Closes them; `setup.ts` has it called after each test. */
export async function closeAll(): Promise<void> {
  for (const thing of open.splice(0).reverse()) await thing.close()
}

/** A server whose handler may give the responses of `@sluice/http`, which no DOM type knows. */
export async function server(
  handler: (request: Request, info: Info) => Response | Promise<Response>,
  options: ServeOptions = {},
): Promise<Server> {
  const made = await serve(
    (request, info) => handler(request, info) as unknown as globalThis.Response,
    options,
  )
  open.push(made)
  return made
}

/** A client whose connections end with the test. */
export function client(options: ClientOptions): Client {
  const made = new Client(options)
  open.push({ close: () => made.destroy() })
  return made
}
