// A stream has no messages, so the sender marks where each ends, and the receiver looks for the mark.
import { connect, listen, text } from '@sluice/socket'

const listener = await listen('127.0.0.1:0')
const sender = await connect(listener.address)
const receiver = await listener.accept()

// #region send
await sender.send('buy 100\n')
await sender.send('sell 5\nst')
await sender.send('op\n')
await sender.shutdown('write')
// #endregion

// #region receive
for (let line = await receiver.recvLine(); line !== null; line = await receiver.recvLine())
  console.log(`an order: ${JSON.stringify(text(line))}`)
// #endregion
await Promise.all([sender.close(), receiver.close(), listener.close()])
