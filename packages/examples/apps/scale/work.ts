/** The work of a request, and how a server of one loop does it. */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Handler, Response } from '@sluice/http'
import { AMOUNT } from './protocol.ts'

/** Keeps a processor busy; nothing else happens on its thread meanwhile. */
export function compute(): string {
  let hash = 'sluice'
  for (let i = 0; i < AMOUNT.computing; i++) hash = createHash('sha256').update(hash).digest('hex')
  return hash
}

/** Answers `/waiting` and `/computing`. @param computing who computes; default: this thread, while all others wait */
export function handlerOf(computing: () => string | Promise<string> = compute): Handler {
  return async ({ url }) => {
    if (url.endsWith('/waiting')) await sleep(AMOUNT.waiting)
    else if (url.endsWith('/computing')) return new Response(await computing())
    else return new Response(null, { status: 404 })
    return new Response('done')
  }
}
