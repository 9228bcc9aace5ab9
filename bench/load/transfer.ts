import { connect } from 'node:net'
import { beReady } from '../processes.ts'

/** One request over a connection of its own: sends `bodyBytes` of noise, and reads the answer to its end. */
export interface Transfer {
  readonly port: number
  /** Request line and headers, without `Content-Length` and `Connection`. */
  readonly head: string
  readonly bodyBytes: number
}

export interface Transferred {
  readonly ms: number
  readonly answerBytes: number
  /** The beginning of the answer's body, if it is short enough to be JSON. */
  readonly answer: string
}

const BLOCK = Buffer.alloc(1024 * 1024, 'The quick brown fox jumps over the lazy dog. ')
const MAX_SHOWN_BYTES = 64 * 1024

const transfer = ({ port, head, bodyBytes }: Transfer): Promise<Transferred> =>
  new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let received = 0
    const parts: Buffer[] = []
    socket.write(`${head}Host: 127.0.0.1\r\nContent-Length: ${bodyBytes}\r\nConnection: close\r\n\r\n`)
    let left = bodyBytes
    const send = (): void => {
      while (left > 0) {
        const block = left >= BLOCK.length ? BLOCK : BLOCK.subarray(0, left)
        left -= block.length
        if (!socket.write(block)) break
      }
    }
    socket.on('drain', send)
    send()
    socket.on('data', (chunk: Buffer) => {
      if (received < MAX_SHOWN_BYTES) parts.push(chunk)
      received += chunk.length
    })
    socket.on('error', reject)
    socket.on('end', () => {
      const text = Buffer.concat(parts).toString('latin1')
      if (!/^HTTP\/1\.1 20[01] /.test(text)) return reject(new Error(`The transfer failed: ${text.slice(0, 500)}`))
      const bodyAt = text.indexOf('\r\n\r\n') + 4
      socket.destroy()
      resolve({ ms: performance.now() - startedAt, answerBytes: received - bodyAt, answer: text.slice(bodyAt) })
    })
  })

/** Several at once for a list. */
beReady(null, (order: Transfer | readonly Transfer[]) =>
  'port' in order ? transfer(order) : Promise.all(order.map(transfer)),
)
