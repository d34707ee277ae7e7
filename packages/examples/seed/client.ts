// The client of the founding document, statement by statement: create, connect, send, receive, close,
// print. Python's own server can be on the other side.
import { AF_INET, SOCK_STREAM, socket, text } from '@sluice/socket'

const client = socket(AF_INET, SOCK_STREAM)
await client.connect(['127.0.0.1', 8080])
await client.send('Hello, World!')
const data = await client.recv(1024)
client.close()
console.log(text(data))
