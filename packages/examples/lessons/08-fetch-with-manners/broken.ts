// The failing version: a fetch that forgets at each step what it was told at the one before.
import { fetch } from '@sluice/url'
import { doorkeeper } from './doorkeeper.ts'

await using server = await doorkeeper()

// #region broken
const response = await fetch(`${server.url}report`)
console.log(await response.text())
// #endregion
