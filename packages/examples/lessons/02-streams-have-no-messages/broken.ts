// The failing version: three times send, so three times recv.
import { connect, listen, text } from '@sluice/socket'

const listener = await listen('127.0.0.1:0')
const sender = await connect(listener.address)
const receiver = await listener.accept()

// #region broken
await sender.send('buy 100')
await sender.send('sell 5')
await sender.send('stop')

const first = text(await receiver.recv())
console.log(`the first order is ${JSON.stringify(first)}`)
// #endregion
sender.destroy()
receiver.destroy()
await listener.close()
