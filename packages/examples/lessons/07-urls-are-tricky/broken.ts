// The failing version: a filter and a fetcher that each read the text for themselves.
import { serve } from '@sluice/http'
import { fetch, urlsplit } from '@sluice/url'

// What a server finds on its own machine, behind every firewall.
const inner = await serve(() => new Response('the secret of this machine'))
const text = `http://${new URL(inner.url).host}\\@good.example/`
console.log(`a stranger asks for ${text}`)

// #region broken
if (urlsplit(text).hostname !== 'good.example') throw new Error('only good.example is allowed')
console.log('the filter reads good.example, and lets it through')

const response = await fetch(text)
console.log(`the fetcher brings: ${await response.text()}`)
// #endregion
await inner.close()
