/** `-v`: both sides of each exchange, and what the url layer makes of them, on the error output. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { watchExchanges } from '@sluice/http/trace'
import { visible } from '../../core/shown.ts'
import type { UrlTraceEvent } from '../../core/trace-events.ts'
import type { Stage } from './stage.ts'

/** Begins to show. @returns what ends it */
export function watchAll(stage: Stage): () => void {
  const say = (line: string): void => void stage.stderr.write(`${visible(line)}\n`)
  const onUrl = (event: unknown): void => {
    const line = lineFor(event as UrlTraceEvent)
    if (line !== undefined) say(`* ${line}`)
  }
  const watching = watchExchanges(say)
  subscribe('sluice:url', onUrl)
  return () => {
    watching.stop()
    unsubscribe('sluice:url', onUrl)
  }
}

function lineFor(event: UrlTraceEvent): string | undefined {
  switch (event.name) {
    case 'proxy':
      return `proxy ${event.proxy}, because of ${event.because}`
    case 'redirect':
      return `${event.status} leads to ${event.to}`
    case 'auth':
      return `proof by ${event.scheme} for ${event.url}`
    case 'cookie':
      return cookieLine(event)
    case 'wait':
      return `${event.because}: asking again in ${event.ms} ms`
    case 'retry':
      return `try ${event.attempt}`
    case 'command':
      return `ftp > ${event.command}`
    case 'reply':
      return `ftp < ${event.code} ${event.text}`
    default:
      return undefined
  }
}

function cookieLine({
  sent,
  stored,
  refused,
}: {
  sent: string[]
  stored: string[]
  refused: string[]
}): string {
  const parts = [
    sent.length > 0 ? `sent ${sent.join(', ')}` : '',
    stored.length > 0 ? `kept ${stored.join(', ')}` : '',
    refused.length > 0 ? `refused ${refused.join('; ')}` : '',
  ]
  return `cookies: ${parts.filter((part) => part !== '').join('; ')}`
}
