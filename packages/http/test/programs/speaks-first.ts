/** The first request of a process, to a server that speaks before it is asked: prints what each way of asking is told. */
import { Pool, request } from '@sluice/http'
import { scriptedServer } from '@sluice/socket/testing'

const [way] = process.argv.slice(2)
const server = await scriptedServer([[{ send: '220 mail.example\r\n' }, 'close']])
const url = `http://127.0.0.1:${server.address.port}/`
const pool = new Pool()
const ask = way === 'Pool' ? pool.request.bind(pool) : request
try {
  const response = await ask(url, { decode: true })
  console.log(response.status)
} catch (error) {
  console.log((error as Error).message)
}
await pool.close()
await server.close()
