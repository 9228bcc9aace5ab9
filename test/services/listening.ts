import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'

/** What ends with a test, or with all tests of a suite. */
interface Ending {
  after(end: () => void): void
}

/** A server of a test's own on a free port of 127.0.0.1, closed with the test. @returns Its address, without a slash. */
export const listening = async ({ after }: Ending, listener: RequestListener): Promise<string> => {
  const server = createServer(listener).listen(0, '127.0.0.1')
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('It listens nowhere.')
  return `http://127.0.0.1:${address.port}`
}
