import { once } from 'node:events'
import { connect } from 'node:net'

/** One connection that is kept; answers come in the order of the requests. */
export interface Exchange {
  /** @param request Whole, as it goes over the wire. @returns The status, once the answer is complete. */
  send(request: string): Promise<number>
  close(): void
}

const HEAD_END = '\r\n\r\n'

/** @throws through `send` when the connection ends before the answer. */
export const openExchange = async (port: number): Promise<Exchange> => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const waiting: { fulfil(status: number): void; reject(error: Error): void }[] = []
  let rest = ''
  const take = (): boolean => {
    const end = rest.indexOf(HEAD_END)
    if (end < 0) return false
    const length = Number(/content-length: (\d+)/i.exec(rest.slice(0, end))?.[1] ?? 0)
    if (rest.length < end + HEAD_END.length + length) return false
    const status = Number(rest.slice(9, 12))
    rest = rest.slice(end + HEAD_END.length + length)
    waiting.shift()?.fulfil(status)
    return true
  }
  const fail = (error: Error): void => {
    for (const { reject } of waiting.splice(0)) reject(error)
  }
  socket.setEncoding('latin1').on('data', (chunk: unknown) => {
    rest += String(chunk)
    while (take());
  })
  socket.on('error', fail).on('close', () => fail(new Error('the server closed the connection')))
  return {
    send: (request) =>
      new Promise((fulfil, reject) => {
        waiting.push({ fulfil, reject })
        socket.write(request, 'latin1')
      }),
    close: () => socket.destroy(),
  }
}

/** A request as it goes over the wire. @param headers Lines. */
export const wireRequest = (method: string, path: string, headers: readonly string[], body?: string): string => {
  const length = body === undefined ? [] : [`Content-Length: ${body.length}`, 'Content-Type: application/json']
  return `${[`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...headers, ...length].join('\r\n')}${HEAD_END}${body ?? ''}`
}
