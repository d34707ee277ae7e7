// The candidates that are clients: the load serves, and tells on a connection to the candidate's port where.
import { createServer } from 'node:net'

/**
 * A candidate that does one thing after the other, or several side by side, for as long as the load is there.
 *
 * @param concurrency how many at a time
 * @param make from the URL that the load serves to a function that does it once
 * @returns a candidate: resolves with the port on which the load tells its URL
 */
export function client(concurrency, make) {
  return () =>
    new Promise((resolve) => {
      const server = createServer((control) => {
        let isOver = false
        control.on('error', () => {})
        control.on('close', () => {
          isOver = true
        })
        control.once('data', async (line) => {
          const once = await make(String(line).trim())
          const loop = async () => {
            while (!isOver) await once()
          }
          for (let i = 0; i < concurrency; i++)
            loop().catch((error) => {
              // When the load leaves, whatever is under way breaks; the connection that says so may come later.
              setTimeout(() => {
                if (isOver) return
                console.error(error)
                process.exit(1)
              }, 100)
            })
        })
      })
      server.listen(0, '127.0.0.1', () => resolve(server.address().port))
    })
}
