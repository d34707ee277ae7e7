// The failing version: a request that never says that it is over.
import { serve } from '@sluice/http'
import { connect, text } from '@sluice/socket'

const server = await serve(() => new Response('hello'), { timeout: { headers: 1000 } })
const connection = await connect(server.address)

// #region broken
await connection.sendAll('GET / HTTP/1.1\r\nHost: localhost\r\n')
console.log(text(await connection.recv()))
// #endregion
await connection.close()
await server.close()
