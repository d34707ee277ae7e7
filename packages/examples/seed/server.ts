// The server of the founding document, statement by statement: create, bind, listen, accept, receive,
// send, close. Python's own client can be on the other side.
import { AF_INET, SOCK_STREAM, socket, text } from '@sluice/socket'

const server = socket(AF_INET, SOCK_STREAM)
await server.bind(['127.0.0.1', 8080])
await server.listen(5)
console.log('listening on 127.0.0.1:8080')

const [client, address] = await server.accept()
const data = await client.recv(1024)
await client.send('Hello, World!')
client.close()
server.close()
console.log(`received ${JSON.stringify(text(data))} from ${address[0]}`)
