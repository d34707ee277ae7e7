// Saves a jar over and over, each time with one cookie more, and says so; the test kills it in between.
import { CookieJar } from '@sluice/url/cookies'

const [path = ''] = process.argv.slice(2)
const jar = await CookieJar.load(path, { create: true })
console.log('begun')
for (;;) {
  jar.set(`c=${'x'.repeat(1000)}; Max-Age=1000`, `https://h${jar.size}.test/`)
  await jar.save()
  console.log(jar.size)
}
