// Act 4: five ways in which a fetch comes to nothing. Our sentence, and beside it what the platform says.
import { type Connection, connect, type Listener, listen } from '@sluice/socket'
import { fetch } from '@sluice/url'
import { dim, green, heading, red, say } from './stage.ts'

/** How long the patient ones wait. */
const PATIENCE = 400

/** Plays the act. @returns whether each of the five failed, as it should */
export async function brokenAct(): Promise<boolean> {
  heading(4, 'Broken on purpose')
  const silent = await listen('127.0.0.1:0')
  const short = await listen('127.0.0.1:0')
  void answerEach(silent, '')
  void answerEach(short, `HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n${'x'.repeat(1024)}`)
  const cases: [title: string, url: string][] = [
    ['nobody listens', `http://${await nobody()}/`],
    ['a server that stalls', `${urlOf(silent)}slow`],
    ['a body cut short', `${urlOf(short)}big`],
    ['a host that does not exist', 'http://no-such-host.invalid/'],
    ['a bad URL', 'http://[::1/'],
  ]
  let allFailed = true
  for (const [title, url] of cases) {
    const [ours, theirs] = await Promise.all([
      failure(async () =>
        (await fetch(url, { timeout: { headers: PATIENCE, lookup: 2000 } })).text(),
      ),
      failure(async () => {
        const signal = AbortSignal.timeout(title === 'a server that stalls' ? PATIENCE : 2000)
        return (await globalThis.fetch(url, { signal })).text()
      }),
    ])
    say(`   ${title}`)
    say(`     sluice    ${ours === undefined ? red('no error?') : green(ours.message)}`)
    say(
      `     platform  ${dim(theirs === undefined ? 'no error' : `${theirs.name}: ${theirs.message}`)}`,
    )
    if (ours === undefined) allFailed = false
  }
  await Promise.all([silent.close(), short.close()])
  // Some clients open a spare connection that they never use: nobody else would end it.
  for (const connection of accepted) connection.destroy()
  return allFailed
}

const accepted = new Set<Connection>()

/** Answers each connection with these bytes and an end; with nothing, it says nothing and waits. */
async function answerEach(listener: Listener, answer: string): Promise<void> {
  for await (const connection of listener) {
    accepted.add(connection)
    void (async () => {
      await connection.recv()
      if (answer === '') await connection.recv()
      else await connection.sendAll(answer)
      await connection.close()
    })()
      .catch(() => connection.destroy())
      .finally(() => accepted.delete(connection))
  }
}

/** An address that nobody listens on: one that somebody has just left. */
async function nobody(): Promise<string> {
  const listener = await listen('127.0.0.1:0')
  const { host } = new URL(urlOf(listener))
  await listener.close()
  await connect(`tcp://${host}`).then(
    (connection) => connection.close(),
    () => {},
  )
  return host
}

function urlOf({ address }: Listener): string {
  return `http://${address.hostname}:${address.port}/`
}

async function failure(run: () => Promise<unknown>): Promise<Error | undefined> {
  try {
    await run()
    return undefined
  } catch (error) {
    return error as Error
  }
}
