import { isNetError } from '@sluice/socket/errors'
import { afterEach, expect, it } from 'vitest'
import { Response, request, type Server, serve } from '../../src/index.ts'

const open: Server[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

const listen = { reusePort: true }

it('listen: { reusePort: true } reaches the kernel, or is told to be missing', async () => {
  const first = await serve(() => new Response('first'), { listen }).catch(
    (error: unknown) => error,
  )
  if (isNetError(first)) {
    expect(first.code).toBe('ERR_UNSUPPORTED')
    return
  }
  open.push(first as Server)
  const { port } = (first as Server).address as { port: number }
  const second = await serve(() => new Response('second'), { port, listen })
  open.push(second)
  await (first as Server).close()
  expect(await (await request(second.url)).text()).toBe('second')
})
