// Python's http.server: HTTP/1.0 unless told otherwise, dates and no entity tags, and no word of ranges.
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeWith, folder, startServer } from '../../../../scripts/interop/peer.ts'
import { download } from '../../src/download.ts'
import { historyOf } from '../../src/index.ts'
import { client } from '../kit.ts'

const DATA = randomBytes(1_000_000)

describeWith(['python3'], "Python's http.server", () => {
  async function start(...options: string[]) {
    const where = folder()
    const files = join(where, 'files')
    mkdirSync(join(files, 'sub'), { recursive: true })
    writeFileSync(join(files, 'big'), DATA)
    writeFileSync(join(files, 'empty'), '')
    for (const name of ['big', 'empty']) utimesSync(join(files, name), 1000, 1000)
    const fixed = ['--bind', '127.0.0.1', '--directory', files]
    const { port } = await startServer('python3', (port) => [
      '-m',
      'http.server',
      String(port),
      ...fixed,
      ...options,
    ])
    return { base: `http://127.0.0.1:${port}/`, path: join(where, 'here') }
  }

  test.each([[[]], [['--protocol', 'HTTP/1.1']]])('is read, options %j', async (options) => {
    const { base } = await start(...options)
    const one = client({ base })
    expect(DATA.equals(await (await one.fetch('big')).bytes())).toBe(true)
    const head = await one.fetch('big', { method: 'HEAD' })
    expect([head.headers.get('content-length'), await head.text()]).toEqual(['1000000', ''])
    expect(await (await one.fetch('empty')).text()).toBe('')
    const since = { 'If-Modified-Since': 'Thu, 01 Jan 1970 00:16:40 GMT' }
    const same = await one.fetch('big', { headers: since })
    expect([same.status, await same.text()]).toEqual([304, ''])
    const listed = await one.fetch('sub')
    expect(historyOf(listed).map(({ status }) => status)).toEqual([301])
    expect([listed.url, listed.headers.get('content-type')]).toEqual([
      `${base}sub/`,
      'text/html; charset=utf-8',
    ])
    expect((await one.fetch('none')).status).toBe(404)
    expect((await one.fetch('big', { method: 'POST', body: 'x' })).status).toBe(501)
  })

  test('a download that broke off begins anew, since nobody there knows ranges', async () => {
    const { base, path } = await start()
    const stop = new AbortController()
    const onProgress = () => stop.abort(new Error('enough'))
    const signal = stop.signal
    await expect(
      download(`${base}big`, path, { signal, onProgress, limitRate: 1_000_000 }),
    ).rejects.toThrow('enough')
    expect(JSON.parse(readFileSync(`${path}.part.json`, 'utf8'))).toMatchObject({
      validator: 'Thu, 01 Jan 1970 00:16:40 GMT',
      length: DATA.length,
    })
    expect(await download(`${base}big`, path)).toMatchObject({ bytes: DATA.length, resumedAt: 0 })
    expect(readFileSync(path).equals(DATA)).toBe(true)
    expect(await download(`${base}empty`, path)).toMatchObject({ bytes: 0 })
  })
})
