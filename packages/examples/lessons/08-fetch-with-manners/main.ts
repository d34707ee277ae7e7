// Manners: do what the answer says, and remember it.
import { Client } from '@sluice/url'
import { doorkeeper } from './doorkeeper.ts'

await using server = await doorkeeper()

// #region manners
await using client = new Client({
  base: server.url,
  cookies: true,
  auth: { username: 'ada', password: 'lovelace', scheme: 'digest' },
  retry: 3,
})
const response = await client.fetch('report')
console.log(await response.text())
// #endregion
