import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { after } from 'node:test'

/** What stands for the internet in these tests: the one address that is allowed. */
export const OUTSIDE = '127.0.0.2'

/** What the canary says, so that a card that has got it shows it. */
export const INSIDE_TITLE = 'You are inside'

export interface Web {
  /** The same for the site outside and the canary inside, so that only the address decides where a request ends. */
  readonly port: number
  /** Connections that have reached the inside. */
  caught(): number
}

/** A site on `OUTSIDE` and, on the same port of the loopback addresses of both families, a canary. */
export const openWeb = async (site: RequestListener): Promise<Web> => {
  let connections = 0
  const inside = () =>
    createTcpServer((socket) => {
      connections += 1
      socket.on('error', () => {})
      const body = `<title>${INSIDE_TITLE}</title>`
      socket.once('data', () =>
        socket.end(`HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
      )
    })
  const canary = inside().listen(0, '127.0.0.1')
  await once(canary, 'listening')
  const address = canary.address()
  if (address === null || typeof address === 'string') throw new Error('The canary does not listen.')
  // Not every machine has the other family, and then nothing can go there.
  const canary6 = inside()
    .on('error', () => {})
    .listen(address.port, '::1')
  const server = createServer(site).listen(address.port, OUTSIDE)
  await once(server, 'listening')
  after(() => {
    server.closeAllConnections()
    for (const one of [server, canary, canary6]) one.close()
  })
  return { port: address.port, caught: () => connections }
}

/** Names as these tests know them; each look-up takes the next answer, and the last one stays. */
export const names = (answers: Readonly<Record<string, readonly (readonly string[])[]>>) => {
  const asked = new Map<string, number>()
  return async (host: string): Promise<readonly string[]> => {
    const known = answers[host]
    if (known === undefined) throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' })
    const count = asked.get(host) ?? 0
    asked.set(host, count + 1)
    return known[Math.min(count, known.length - 1)] ?? []
  }
}
