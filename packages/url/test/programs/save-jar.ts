// Saves a jar over and over, each time with one cookie more; the test kills it in between.
import { CookieJar } from '@sluice/url/cookies'

const [path = ''] = process.argv.slice(2)
const jar = await CookieJar.load(path, { create: true })
for (let i = jar.size; ; i++) {
  jar.set(`c${i}=${'x'.repeat(1000)}; Max-Age=1000`, `https://h${i}.test/`)
  await jar.save()
}
