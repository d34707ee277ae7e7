/**
 * `checkStream`: what every stream of bytes promises, as cases that any test runner can run. TCP, Unix and
 * memory streams pass it; whoever writes a transport, a tunnel or a stream of their own can ask the same of
 * it.
 *
 * Each case opens a pair of its own, and closes it whatever happens. None of them waits for a clock.
 */
import { strict as assert } from 'node:assert'
import { decodeLatin1, encodeLatin1, text, toBytes } from '../../core/bytes.ts'
import { isNetError } from '../../core/errors.ts'
import { checkKeys } from '../options.ts'
import type { Attachment, ByteStream, Receiver } from '../stream.ts'

/** Two ends that are connected to each other. */
export type StreamPair = readonly [ByteStream, ByteStream]

/** One promise of a stream, and the code that looks whether it is kept. */
export interface CheckStreamCase {
  /** A sentence. */
  title: string
  /** Rejects with an AssertionError when the promise is broken. */
  run(): Promise<void>
}

/**
 * Makes the cases. A case that fails rejects.
 *
 * @param open gives a fresh pair each time
 * @param options `resets: false` for a transport on which `destroy()` looks like an ordinary end;
 *   `capacity`: more bytes than the transport holds while nobody reads, default 16 000 000
 * @throws {TypeError} for an unknown option
 * @see RFC 9293 §3.9.1, what TCP promises to its user
 * @example for (const { title, run } of checkStream(() => memoryPair())) test(title, run)
 */
export function checkStream(
  open: () => StreamPair | Promise<StreamPair>,
  options: { resets?: boolean; capacity?: number } = {},
): CheckStreamCase[] {
  checkKeys('checkStream', options, ['resets', 'capacity'])
  const { resets = true, capacity = 16_000_000 } = options
  const cases: CheckStreamCase[] = []
  const check = (title: string, body: (a: ByteStream, b: ByteStream) => Promise<void>): void => {
    cases.push({
      title,
      run: async () => {
        const [a, b] = await open()
        try {
          await body(a, b)
        } finally {
          a.destroy()
          b.destroy()
        }
      },
    })
  }

  check('what one end sends the other receives, in both directions', async (a, b) => {
    await a.sendAll('Hello, World!')
    await gives(b, 'Hello, World!')
    await b.sendAll('and back')
    await gives(a, 'and back')
  })
  check('a reader may wait before anything is sent', async (a, b) => {
    const waiting = b.recv()
    await a.sendAll('late')
    const first = (await waiting) ?? new Uint8Array(0)
    b.unread(first)
    await gives(b, 'late')
  })
  check('recv(max) gives at most max bytes and keeps the rest', async (a, b) => {
    await a.sendAll('abcdef')
    const some = text(await b.recv(2))
    assert.ok(some === 'ab' || some === 'a', some)
    assert.equal(some + text(await b.recvExactly(6 - some.length)), 'abcdef')
  })
  check('recv() returns null after the peer shut down writing, again and again', async (a, b) => {
    await a.sendAll('last')
    await a.shutdown('write')
    await gives(b, 'last')
    assert.equal(await b.recv(), null)
    assert.equal(await b.recv(), null)
    assert.equal(b.tryRecv(), null)
  })
  check('half-close: the other direction goes on', async (a, b) => {
    await a.shutdown('write')
    assert.equal(await b.recv(), null)
    await b.sendAll('still here')
    await b.shutdown('write')
    await gives(a, 'still here')
    assert.equal(await a.recv(), null)
  })
  check('half-close in the other order', async (a, b) => {
    await b.shutdown('write')
    assert.equal(await a.recv(), null)
    await a.sendAll('bye')
    await a.shutdown('write')
    await gives(b, 'bye')
    assert.equal(await b.recv(), null)
  })
  check('sending after shutdown is ERR_CLOSED', async (a) => {
    await a.shutdown('write')
    await rejects(a.sendAll('x'), 'ERR_CLOSED')
    await rejects(a.send('x'), 'ERR_CLOSED')
  })
  check('every kind of data arrives as its bytes', async (a, b) => {
    const bytes = Uint8Array.of(0, 1, 127, 128, 255)
    await a.sendAll(bytes)
    await a.sendAll(bytes.buffer.slice(0, 2))
    await a.sendAll(new DataView(bytes.buffer, 2, 3))
    await a.sendAll('é')
    await a.sendLatin1('é')
    await a.sendAll(['x', Uint8Array.of(1)])
    const expected = [0, 1, 127, 128, 255, 0, 1, 127, 128, 255, 0xc3, 0xa9, 0xe9, 0x78, 1]
    assert.deepEqual([...((await b.recvExactly(expected.length)) ?? [])], expected)
  })
  check('an empty send sends nothing', async (a, b) => {
    await a.sendAll('')
    await a.sendAll([])
    assert.equal(await a.send(new Uint8Array(0)), 0)
    await a.sendAll('x')
    assert.equal(text(await b.recv()), 'x')
  })
  check('calls leave in order without being awaited', async (a, b) => {
    const sends: Promise<unknown>[] = []
    let expected = ''
    for (let i = 0; i < 500; i++) {
      const word = `${i};`
      expected += word
      sends.push(i % 3 === 0 ? a.send(word) : i % 3 === 1 ? a.sendAll([word]) : a.sendLatin1(word))
    }
    await gives(b, expected)
    await Promise.all(sends)
  })
  check('sendLatin1 with whenTaken waits only while the buffer is full', async (a, b) => {
    const piece = 'x'.repeat(50_000)
    let sent = 0
    let waiting: Promise<void> | undefined
    while (waiting === undefined && sent < capacity) {
      sent += piece.length
      const sending = a.sendLatin1(piece, { whenTaken: true })
      const isTaken = await Promise.race([sending.then(() => true), turns(1).then(() => false)])
      if (!isTaken) waiting = sending
    }
    assert.ok(waiting !== undefined && a.backlog > 0)
    assert.equal((await b.recvExactly(sent))?.length, sent)
    await waiting
    const gone = new Error('gone')
    const signal = AbortSignal.abort(gone)
    await assert.rejects(a.sendLatin1('x', { whenTaken: true, signal }), gone)
  })
  check('a megabyte arrives whole while both ends send', async (a, b) => {
    const data = pattern(1_000_000)
    const [fromA, fromB] = await Promise.all([
      b.recvExactly(data.length),
      a.recvExactly(data.length),
      a.sendAll(data),
      b.sendAll(data),
    ])
    assert.ok(same(fromA, data) && same(fromB, data))
  })
  check('sendAll waits while the peer does not read, and goes on when it does', async (a, b) => {
    const data = pattern(capacity)
    let sent = false
    const sending = a.sendAll(data).then(() => {
      sent = true
    })
    await turns(20)
    assert.equal(sent, false)
    assert.ok(a.backlog > 0)
    assert.ok(same(await b.recvExactly(data.length), data))
    await sending
    assert.equal(a.backlog, 0)
  })
  check('send waits while the buffer is full', async (a, b) => {
    const block = pattern(capacity / 16)
    let taken = 0
    const sending = (async () => {
      for (let i = 0; i < 16; i++) taken += await a.send(block)
    })()
    await turns(50)
    assert.ok(taken < capacity, `${taken} bytes were taken though nobody reads`)
    await b.recvExactly(capacity)
    await sending
    assert.equal(taken, capacity)
  })
  check('memory may be used again once send has settled, even while nobody reads', async (a, b) => {
    const block = new Uint8Array(capacity / 16)
    const sending = (async () => {
      for (let i = 0; i < 16; i++) {
        block.fill(i)
        await a.send(block)
      }
      block.fill(0xff)
    })()
    await turns(20)
    const all = (await b.recvExactly(block.length * 16)) ?? new Uint8Array(0)
    await sending
    assert.ok(all.every((byte, at) => byte === Math.floor(at / block.length)))
  })
  check('a receiver that closes or destroys when it is told of the end of things', async (a, b) => {
    const told: string[] = []
    const receiver = (act: () => void): Receiver => ({
      bytes: () => true,
      end: () => {},
      error: (error) => {
        told.push(isNetError(error) ? error.code : '')
        act()
      },
    })
    a.attach(receiver(() => void a.close()))
    const closing = a.close()
    assert.equal(a.close(), closing)
    b.attach(receiver(() => b.destroy()))
    await b.close()
    await closing
    assert.deepEqual(told, ['ERR_CLOSED', 'ERR_CLOSED'])
  })
  check('only the receiver that is attached can put bytes back', async (a, b) => {
    let seen = ''
    let again = true
    const attachment = hear(b, (view) => {
      if (again) attachment.unread(view)
      else seen += decodeLatin1(view)
      again = false
      return true
    })
    throws('ERR_BUSY', () => b.unread(Uint8Array.of(1)))
    await a.sendAll('twice')
    await until(() => seen === 'twice')
  })
  check('recvInto fills the memory of the caller', async (a, b) => {
    const memory = new Uint8Array(8)
    const waiting = b.recvInto(memory.subarray(2, 5))
    await a.sendAll('abcdef')
    const count = (await waiting) ?? 0
    assert.ok(count >= 1 && count <= 3, String(count))
    assert.equal(text(memory), `\0\0${'abc'.slice(0, count).padEnd(6, '\0')}`)
    assert.equal(text(await b.recvExactly(6 - count)), 'abcdef'.slice(count))
    await a.shutdown('write')
    assert.equal(await b.recvInto(memory), null)
  })
  check('recvExactly waits for all of it', async (a, b) => {
    const waiting = b.recvExactly(6)
    await a.sendAll('abc')
    await turns(3)
    await a.sendAll('defg')
    assert.equal(text(await waiting), 'abcdef')
    assert.equal(text(await b.recv()), 'g')
    assert.deepEqual(await b.recvExactly(0), new Uint8Array(0))
  })
  check('recvExactly tells what came when the peer finished too early', async (a, b) => {
    await a.sendAll('abc')
    await a.shutdown('write')
    const error = await rejects(b.recvExactly(6), 'ERR_UNEXPECTED_END')
    assert.equal(text((error as { partial?: Uint8Array }).partial ?? null), 'abc')
    assert.equal(await b.recvExactly(6), null)
  })
  check('recvUntil finds a mark that is spread over several sends', async (a, b) => {
    const waiting = b.recvUntil('\r\n\r\n')
    for (const piece of ['GET / HTTP/1.1\r', '\n', '\r', '\nrest']) {
      await a.sendAll(piece)
      await turns(2)
    }
    assert.equal(text(await waiting), 'GET / HTTP/1.1\r\n\r\n')
    await gives(b, 'rest')
  })
  check('recvUntil gives up at its limit and loses nothing', async (a, b) => {
    await a.sendAll('0123456789;')
    await rejects(b.recvUntil(';', 10), 'ERR_TOO_LONG')
    assert.equal(text(await b.recvUntil(';', 11)), '0123456789;')
  })
  check('recvLine strips LF and CRLF, and null is the end', async (a, b) => {
    await a.sendAll('one\ntwo\r\n\n')
    await a.shutdown('write')
    assert.equal(text(await b.recvLine()), 'one')
    assert.equal(text(await b.recvLine()), 'two')
    assert.equal(text(await b.recvLine()), '')
    assert.equal(await b.recvLine(), null)
  })
  check('tryRecv never waits', async (a, b) => {
    assert.equal(b.tryRecv(), undefined)
    await a.sendAll('x')
    let bytes = b.tryRecv()
    for (let i = 0; bytes === undefined && i < 1000; i++) {
      await turns(1)
      bytes = b.tryRecv()
    }
    assert.equal(text(bytes ?? null), 'x')
    assert.equal(b.tryRecv(), undefined)
  })
  check('unread puts bytes back in front, as a copy', async (a, b) => {
    await a.sendAll('cd')
    const bytes = (await b.recvExactly(2)) ?? new Uint8Array(0)
    b.unread(bytes)
    const front = toBytes('ab')
    b.unread(front)
    front.fill(0)
    await gives(b, 'abcd')
  })
  check('a second reader is ERR_BUSY and does not disturb the first', async (a, b) => {
    const first = b.recv()
    await rejects(b.recv(), 'ERR_BUSY')
    await rejects(b.recvLine(), 'ERR_BUSY')
    throws('ERR_BUSY', () => b.tryRecv())
    throws('ERR_BUSY', () => hear(b, () => true))
    await a.sendAll('m')
    assert.equal(text(await first), 'm')
  })
  check('an aborted wait ends alone; the next reader gets the bytes', async (a, b) => {
    const controller = new AbortController()
    const waiting = b.recv(10, { signal: controller.signal })
    const reason = new Error('enough')
    controller.abort(reason)
    await assert.rejects(waiting, (error) => error === reason)
    await assert.rejects(b.recv(10, { signal: controller.signal }), (error) => error === reason)
    await a.sendAll('x')
    assert.equal(text(await b.recv()), 'x')
  })
  check('iterating yields until the end', async (a, b) => {
    await a.sendAll('some words')
    await a.shutdown('write')
    let all = ''
    for await (const bytes of b) all += decodeLatin1(bytes)
    assert.equal(all, 'some words')
  })
  check('a receiver is given everything, then the end', async (a, b) => {
    await a.sendAll('early ')
    await turns(5)
    let all = ''
    let ended = false
    b.attach({
      bytes: (view) => {
        all += decodeLatin1(view)
      },
      end: () => {
        ended = true
      },
      error: () => {},
    })
    await a.sendAll('late')
    await a.shutdown('write')
    await until(() => ended)
    assert.equal(all, 'early late')
  })
  check('a receiver that says false is given nothing until resume()', async (a, b) => {
    const seen: string[] = []
    let ended = false
    const attachment = b.attach({
      bytes: (view) => {
        seen.push(decodeLatin1(view))
        return false
      },
      end: () => {
        ended = true
      },
      error: () => {},
    })
    await a.sendAll('one')
    await until(() => seen.length === 1)
    await a.sendAll('two')
    await a.shutdown('write')
    await turns(10)
    assert.deepEqual(seen, ['one'])
    while (seen.join('') !== 'onetwo') {
      attachment.resume()
      await turns(1)
    }
    attachment.resume()
    await until(() => ended)
  })
  check('a receiver has its attachment when what was already here is handed over', async (a, b) => {
    await a.sendAll('early')
    await turns(10)
    const seen: string[] = []
    const attachment = hear(b, (view) => {
      seen.push(decodeLatin1(view))
      attachment.resume()
      return false
    })
    await until(() => seen.join('') === 'early')
  })
  check('a receiver that resumes before it says false is not forgotten', async (a, b) => {
    let seen = ''
    const attachment = hear(b, (view) => {
      seen += decodeLatin1(view)
      attachment.resume()
      return false
    })
    for (const word of ['one ', 'two ', 'three']) {
      await a.sendAll(word)
      await turns(3)
    }
    await until(() => seen === 'one two three')
  })
  check('a receiver that lets go can put back what it did not use', async (a, b) => {
    let done = false
    const attachment = hear(b, (view) => {
      attachment.unread(view.subarray(2))
      attachment.detach()
      done = true
      return true
    })
    await a.sendAll('abcd')
    await until(() => done)
    await gives(b, 'cd')
  })
  check('a receiver that throws ends this stream', async (a, b) => {
    const errors: unknown[] = []
    b.attach({
      bytes: () => {
        throw new Error('a mistake of the program')
      },
      end: () => {},
      error: (error) => errors.push(error),
    })
    await a.sendAll('x')
    await until(() => errors.length > 0)
    assert.ok(isNetError(errors[0], 'ERR_RECEIVER'))
    assert.equal(b.isOpen, false)
  })
  check('close() sends what is left and the peer reads it and the end', async (a, b) => {
    const data = pattern(2_000_000)
    void a.sendAll(data).catch(() => {})
    const closed = a.close()
    assert.ok(same(await b.recvExactly(data.length), data))
    assert.equal(await b.recv(), null)
    await b.close()
    await closed
  })
  check('after close() everything is ERR_CLOSED, and close() can be called again', async (a, b) => {
    const waiting = a.recv()
    const closing = a.close()
    await rejects(waiting, 'ERR_CLOSED')
    await rejects(a.recv(), 'ERR_CLOSED')
    await rejects(a.sendAll('x'), 'ERR_CLOSED')
    await rejects(a.shutdown('write'), 'ERR_CLOSED')
    throws('ERR_CLOSED', () => a.tryRecv())
    assert.equal(a.isOpen, false)
    await b.close()
    await Promise.all([closing, a.close()])
  })
  check('destroy() ends a close() that is under way, and the peer hears of it', async (a, b) => {
    const closing = a.close()
    a.destroy()
    await closing
    // A peer that goes on sending to nobody is told; how soon is up to the system.
    await assert.rejects(
      async () => {
        for (let i = 0; i < 200; i++) {
          await b.sendAll('x')
          await turns(2)
        }
      },
      (e) => isNetError(e),
    )
  })
  if (resets) {
    check('destroy() breaks the peer, for its readers and its writers', async (a, b) => {
      const waiting = b.recv()
      a.destroy()
      await rejects(waiting, 'ECONNRESET')
      await rejects(b.recv(), 'ECONNRESET')
      await assert.rejects(b.sendAll('x'), (e) => isNetError(e))
      assert.equal(b.isOpen, false)
    })
  }
  check('what arrived before the stream broke can still be read', async (a, b) => {
    await a.sendAll('last words')
    await gives(b, 'last')
    a.destroy()
    await turns(10)
    await gives(b, ' words')
  })
  check('shutdown(read) makes our readers see the end; the peer can go on', async (a, b) => {
    await b.shutdown('read')
    assert.equal(await b.recv(), null)
    await a.sendAll(pattern(1_000_000))
    await b.sendAll('still talking')
    await gives(a, 'still talking')
  })
  check('bytes are counted', async (a, b) => {
    await a.sendAll('12345')
    await b.recvExactly(5)
    assert.equal(a.bytesSent, 5)
    assert.equal(b.bytesReceived, 5)
  })
  check('await using closes', async (a, b) => {
    {
      await using stream = b
      assert.equal(stream.isOpen, true)
      void a.close()
    }
    assert.equal(b.isOpen, false)
  })
  check('arguments that make no sense are refused by name', async (a) => {
    await assert.rejects(a.recv(0), RangeError)
    await assert.rejects(a.recv(1.5), RangeError)
    await assert.rejects(a.recvExactly(-1), RangeError)
    await assert.rejects(a.recvUntil(''), RangeError)
    await assert.rejects(a.recv(1, { timeout: Number.NaN }), RangeError)
    await assert.rejects(a.recv(1, { timeout: -1 }), RangeError)
    await assert.rejects(a.sendAll(7 as unknown as string), TypeError)
    await assert.rejects(a.shutdown('sideways' as 'read'), TypeError)
    assert.equal(a.isOpen, true)
  })
  return cases
}

async function rejects(promise: Promise<unknown>, code: string): Promise<unknown> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  if (!('error' in outcome)) assert.fail(`expected ${code}, got a result`)
  if (!isNetError(outcome.error, code))
    assert.fail(`expected ${code}, got ${String(outcome.error)}`)
  return outcome.error
}

function throws(code: string, run: () => unknown): void {
  assert.throws(run, (error) => isNetError(error, code))
}

/** What comes next is this. */
async function gives(stream: ByteStream, words: string): Promise<void> {
  assert.equal(text(await stream.recvExactly(words.length)), words)
}

/** Attaches a receiver that minds only the bytes. */
function hear(stream: ByteStream, bytes: Receiver['bytes']): Attachment {
  return stream.attach({ bytes, end: () => {}, error: () => {} })
}

/** Bytes in which every place tells where it is. */
function pattern(length: number): Uint8Array {
  const bytes = encodeLatin1('0123456789abcdefghijklmnopqrstuvwxyz-')
  return Uint8Array.from({ length }, (_, i) => bytes[i % bytes.length] as number)
}

function same(a: Uint8Array | null, b: Uint8Array): boolean {
  return a !== null && a.length === b.length && a.every((byte, i) => byte === b[i])
}

/** Lets the event loop turn a few times. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 10_000 && !condition(); i++) await turns(1)
  assert.ok(condition())
}
