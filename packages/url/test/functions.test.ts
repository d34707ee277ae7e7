/**
 * Functions of the program, as they are not meant: async ones that reject, and those that throw. What comes of one that nobody
 * waits for would end the process, which the runner tells of as a failure of its own.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Response } from '@sluice/http'
import { afterAll, describe, expect, test } from 'vitest'
import { CookieJar } from '../src/cookies.ts'
import { download } from '../src/download.ts'
import { openFtp } from '../src/ftp.ts'
import { fetch } from '../src/index.ts'
import { ftpServer } from '../src/testing.ts'
import { client, open, server } from './kit.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-functions-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const bug = new Error('bug')
const throwing = (): never => {
  throw bug
}
const rejecting = async (): Promise<never> => throwing()

/** What a fetch that met the mistake says: the mistake itself, or an error that has it as its cause. */
async function metBug(work: Promise<unknown>): Promise<boolean> {
  try {
    await work
    return false
  } catch (error) {
    for (let one = error; one instanceof Error; one = one.cause) if (one === bug) return true
    throw error
  }
}

const hello = () => server(() => new Response('Hello, World!'))

describe.each([
  ['throws', throwing],
  ['is async and rejects', rejecting],
])('a function that %s', (_name, fails) => {
  test.each<[string, (url: string) => Promise<unknown>]>([
    ['middleware', (url) => client({ use: [fails] }).fetch(url)],
    ['the handler of a scheme', () => client({ schemes: { 'memo:': fails } }).fetch('memo:x')],
    ['auth', (url) => fetch(url, { auth: fails })],
    ['a body', (url) => fetch(url, { method: 'POST', body: fails })],
    [
      'onUploadProgress',
      (url) => fetch(url, { method: 'PUT', body: 'x', onUploadProgress: fails }),
    ],
    [
      'a resolver',
      (url) =>
        client({ resolver: { separate: false, resolve: fails } }).fetch(
          url.replace('127.0.0.1', 'here.test'),
        ),
    ],
  ])('as %s ends the fetch', async (_what, ask) => {
    const { url } = await hello()
    expect(await metBug(ask(url))).toBe(true)
  })

  test('as allowAddress lets no address pass', async () => {
    const { url } = await hello()
    await expect(
      client({ allowAddress: fails as never, proxy: false }).fetch(url),
    ).rejects.toMatchObject({
      code: 'ERR_BLOCKED',
    })
  })

  test('as onProgress ends the download', async () => {
    const { url } = await hello()
    const path = join(folder, 'file')
    expect(await metBug(download(url, path, { onProgress: fails, resume: false }))).toBe(true)
  })

  test('as onProgress of FTP ends the transfer', async () => {
    const ftp = await ftpServer()
    open.push(ftp)
    const to = await openFtp(ftp.url)
    try {
      expect(await metBug(to.write('new', 'x', { onProgress: fails }))).toBe(true)
    } finally {
      await to.close()
    }
  })
})

test('progress is told one after the other, also by a function that takes its time', async () => {
  const { url } = await hello()
  let running = 0
  const onProgress = async (): Promise<void> => {
    running++
    await new Promise(setImmediate)
    running--
  }
  await download(url, join(folder, 'slow'), { onProgress })
  expect(running).toBe(0)
})

test('a rule about addresses that answers nothing lets none pass, with denyPrivate and without', async () => {
  const { url } = await hello()
  const denyPrivate = { except: ['127.0.0.0/8'] }
  for (const allowAddress of [() => undefined, async () => true, () => 'yes'] as never[])
    for (const rules of [{ allowAddress }, { allowAddress, denyPrivate }])
      await expect(client({ proxy: false, ...rules }).fetch(url)).rejects.toMatchObject({
        code: 'ERR_BLOCKED',
      })
  const both = client({ proxy: false, denyPrivate, allowAddress: () => true })
  expect((await both.fetch(url)).status).toBe(200)
})

test.each([
  ['isPublicSuffix', 'answers', async () => true],
  ['isPublicSuffix', 'rejects', rejecting],
  ['now', 'answers', async () => 0],
  ['now', 'rejects', rejecting],
])('an async %s of a jar that %s is told at once', async (name, _way, answer) => {
  const jar = new CookieJar({ [name]: answer })
  expect(() => jar.set('a=1; Domain=a.test', 'http://b.a.test/')).toThrow(
    new TypeError(`CookieJar: ${name} must answer at once: it gave a promise`),
  )
  await new Promise(setImmediate)
})
