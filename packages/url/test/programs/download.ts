// Downloads, and says how it went; the test kills it in between.
import { download } from '@sluice/url/download'

const [url = '', path = ''] = process.argv.slice(2)
const { bytes, resumedAt } = await download(url, path, { limitRate: 4_000_000 })
console.log(JSON.stringify({ bytes, resumedAt }))
