import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type Server, serve } from '../../src/index.ts'
import { staticFiles } from '../../src/static.ts'

const binary = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
)
if (binary === undefined && process.env['REQUIRE_PEERS'])
  throw new Error('REQUIRE_PEERS is set, and not here: chromium')

/** One page of a browser, driven by its debugging protocol. */
class Page {
  readonly complaints: string[] = []
  readonly #socket: WebSocket
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (message: { result?: unknown; error?: unknown }) => void>()
  #session: string | undefined
  #id = 0
  #onLoad: () => void = () => {}

  private constructor(socket: WebSocket, child: ChildProcess) {
    this.#socket = socket
    this.#child = child
    socket.on('message', (data) => this.#heard(JSON.parse(String(data))))
  }

  static async open(profile: string): Promise<Page> {
    const flags =
      '--headless --no-sandbox --disable-gpu --disable-background-networking --disable-sync --no-first-run'
    const child = spawn(binary as string, [
      ...flags.split(' '),
      `--user-data-dir=${profile}`,
      '--remote-debugging-port=0',
    ])
    const url = await new Promise<string>((resolve) => {
      let heard = ''
      child.stderr.on('data', (data) => {
        heard += data
        const [found] = /ws:\/\/\S+/.exec(heard) ?? []
        if (found !== undefined) resolve(found)
      })
    })
    const socket = new WebSocket(url)
    await new Promise((resolve) => socket.once('open', resolve))
    const page = new Page(socket, child)
    const { targetId } = await page.send('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await page.send('Target.attachToTarget', { targetId, flatten: true })
    page.#session = sessionId
    for (const domain of ['Page', 'Runtime', 'Log']) await page.send(`${domain}.enable`)
    return page
  }

  #heard(message: {
    id?: number
    method?: string
    params?: { entry?: { level: string; text: string } }
    result?: unknown
    error?: unknown
  }): void {
    if (message.id !== undefined) this.#waiting.get(message.id)?.(message)
    else if (message.method === 'Page.loadEventFired') this.#onLoad()
    else if (message.method === 'Runtime.exceptionThrown')
      this.complaints.push(JSON.stringify(message))
    else if (message.params?.entry?.level === 'error')
      this.complaints.push(message.params.entry.text)
  }

  // biome-ignore lint/suspicious/noExplicitAny: the protocol of another project.
  send(method: string, params: object = {}): Promise<any> {
    const id = ++this.#id
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => (error ? reject(error) : resolve(result)))
      this.#socket.send(JSON.stringify({ id, method, params, sessionId: this.#session }))
    })
  }

  async goto(url: string): Promise<void> {
    const loaded = this.loaded()
    await this.send('Page.navigate', { url })
    await loaded
  }

  loaded(): Promise<void> {
    return new Promise((resolve) => (this.#onLoad = resolve))
  }

  async ask(expression: string): Promise<unknown> {
    const { result } = await this.send('Runtime.evaluate', { expression, returnByValue: true })
    return result.value
  }

  async press(key: string): Promise<void> {
    const text = key.length === 1 ? { text: key } : {}
    await this.send('Input.dispatchKeyEvent', { type: 'keyDown', key, ...text })
    await this.send('Input.dispatchKeyEvent', { type: 'keyUp', key })
  }

  async size(width: number): Promise<void> {
    const mobile = width < 500
    await this.send('Emulation.setDeviceMetricsOverride', {
      ...{ width, height: 800, deviceScaleFactor: 1, mobile },
    })
  }

  close(): Promise<unknown> {
    const ended = new Promise((resolve) => this.#child.once('close', resolve))
    this.#socket.close()
    this.#child.kill()
    return ended
  }
}

describe.skipIf(binary === undefined)('the listing in Chromium', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-listing-'))
  const profile = mkdtempSync(join(tmpdir(), 'sluice-chromium-'))
  let page: Page
  let server: Server

  beforeAll(async () => {
    mkdirSync(join(folder, 'folder/inside'), { recursive: true })
    writeFileSync(join(folder, `${'a long name '.repeat(15)}.txt`), 'x')
    for (const [name, size] of [
      ['b.txt', 3],
      ['<b>"&.txt', 2],
      ['c10.txt', 1],
      ['c9.txt', 30],
    ] as const)
      writeFileSync(join(folder, name), 'x'.repeat(size))
    server = await serve(staticFiles(folder, { listing: true }))
    page = await Page.open(profile)
  }, 60_000)
  afterAll(async () => {
    await page?.close()
    await server?.close()
    for (const made of [folder, profile]) rmSync(made, { recursive: true, force: true })
  })

  const names = () =>
    page.ask(`[...document.querySelectorAll('tbody tr[data-name]')].filter((row) => !row.hidden)
      .map((row) => row.dataset.name.slice(0, 9)).join(' | ')`)
  const focused = () => page.ask('document.activeElement.textContent.slice(0, 9)')

  it.each([390, 1280])('fits into a window of %i pixels', async (width) => {
    await page.size(width)
    await page.goto(server.url)
    expect(await page.ask('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    expect(await names()).toBe('folder | <b>"&.txt | a long na | b.txt | c9.txt | c10.txt')
    expect(page.complaints).toEqual([])
  })

  it('sorts by its headings, and keeps the order in folders', async () => {
    await page.goto(server.url)
    let loaded = page.loaded()
    await page.ask(`document.querySelector('th.s a').click()`)
    await loaded
    expect(await names()).toBe('folder | c9.txt | b.txt | <b>"&.txt | a long na | c10.txt')
    expect(await page.ask(`document.querySelector('[aria-sort]').ariaSort`)).toBe('descending')
    loaded = page.loaded()
    await page.ask(`document.querySelector('tbody a').click()`)
    await loaded
    expect(await page.ask('location.pathname + location.search')).toBe(
      '/folder/?sort=size&order=desc',
    )
  })

  it('is used by keys: arrows, a filter, in and up', async () => {
    await page.goto(server.url)
    await page.press('ArrowDown')
    expect(await focused()).toBe('folder/')
    await page.press('j')
    expect(await focused()).toBe('<b>"&.txt')
    await page.press('ArrowUp')
    let loaded = page.loaded()
    await page.press('ArrowRight')
    await loaded
    expect(await page.ask('location.pathname')).toBe('/folder/')
    loaded = page.loaded()
    await page.press('ArrowLeft')
    await loaded
    expect(await page.ask('location.pathname')).toBe('/')
    await page.press('/')
    for (const key of 'C1') await page.press(key)
    expect(await names()).toBe('c10.txt')
    expect(await page.ask(`document.getElementById('count').textContent`)).toBe('1 of 6 shown')
    await page.press('Escape')
    expect(await names()).toContain('b.txt')
    expect(page.complaints).toEqual([])
  })

  it('says everything without a script, and runs no script of a stranger', async () => {
    await page.send('Emulation.setScriptExecutionDisabled', { value: true })
    await page.goto(`${server.url}?sort=name&order=desc`)
    await page.send('Emulation.setScriptExecutionDisabled', { value: false })
    expect(await names()).toBe('folder | c10.txt | c9.txt | b.txt | a long na | <b>"&.txt')
    expect(await page.ask(`document.querySelector('footer').innerText`)).toMatch(
      /1 folder, 5 files, \d+ B[\s\S]*Times are UTC/,
    )
    expect(await page.ask(`document.querySelector('input')`)).toBe(null)
    await page.goto(server.url)
    await page.ask(
      `document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.bad = 1' }))`,
    )
    expect(await page.ask('window.bad')).toBe(undefined)
  })
})
