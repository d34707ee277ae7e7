// A name is a promise: what is called map.bin is all of map.bin.
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { download } from '@sluice/url/download'
import { throughKills } from './kills.ts'

// #region manager
async function manager(urls: string[], folder: string) {
  for (const url of urls) {
    const path = join(folder, basename(url))
    if (existsSync(path)) continue
    const { bytes, resumedAt } = await download(url, path, { retry: 3 })
    console.log(`${basename(url)}: ${bytes} bytes, ${resumedAt} of them were here`)
  }
}
// #endregion

await throughKills(manager)
