// The failing version: the file has its name from the first byte on.
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fetch } from '@sluice/url'
import { throughKills } from './kills.ts'

// #region broken
async function manager(urls: string[], folder: string) {
  for (const url of urls) {
    const path = join(folder, basename(url))
    if (existsSync(path)) continue
    const response = await fetch(url)
    await writeFile(path, response.body ?? '')
  }
}
// #endregion

await throughKills(manager)
