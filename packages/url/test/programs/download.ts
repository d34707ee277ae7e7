// Downloads, and says when it begins and how it went; the test kills it in between.
import { download } from '@sluice/url/download'

const [url = '', path = ''] = process.argv.slice(2)
console.log('begun')
const { bytes, resumedAt } = await download(url, path)
console.log(JSON.stringify({ bytes, resumedAt }))
