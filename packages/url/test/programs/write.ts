// Writes a file in one of the two ways that there are, and says what became of it: for tests that take something away from
// the process first, the rights of its user or the room for its files.
import { CookieJar } from '@sluice/url/cookies'
import { download } from '@sluice/url/download'

const [how = '', path = '', user] = process.argv.slice(2)
if (user !== undefined) process.setuid?.(Number(user))
try {
  if (how === 'download') await download(`data:,${'x'.repeat(600_000)}`, path)
  else {
    const jar = new CookieJar()
    for (let i = 0; i < 150; i++) jar.set(`c${i}=${'x'.repeat(4000)}; Max-Age=9`, 'http://h.test/')
    await jar.save(path)
  }
  console.log('written')
} catch (error) {
  console.log((error as Error).message)
}
