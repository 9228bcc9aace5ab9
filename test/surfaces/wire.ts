import { connect } from 'node:net'

/** An answer as it came over the wire; the headers in order, with their names in lower case. */
export interface WireAnswer {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
  /** Of the first header of that name. */
  header(name: string): string | undefined
}

export interface WireRequest {
  readonly method?: string
  readonly path: string
  /** Sent as given: twice the same name, bytes above 0x7f (as latin-1) and nonsense included. */
  readonly headers?: readonly string[]
  readonly body?: string | Buffer
}

const PATIENCE_MS = 20_000

/** Sends one request without a client library in between, which would tidy up what the test wants to send. */
export const overWire = (
  url: string,
  { method = 'GET', path, headers = [], body }: WireRequest,
): Promise<WireAnswer> => {
  const bytes = Buffer.from(body ?? '')
  const length = body === undefined ? [] : [`Content-Length: ${bytes.length}`]
  const head = [`${method} ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...length, ...headers].join(
    '\r\n',
  )
  return exchange(url, Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), bytes]))
}

/** Writes bytes to a new connection and reads until it is closed. */
export const exchange = (url: string, bytes: Buffer): Promise<WireAnswer> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const chunks: Buffer[] = []
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(bytes))
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('The server did not close the connection.')))
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    // A server that refuses early closes while we still write; what it said before that counts.
    socket.on('error', (error) => (chunks.length === 0 ? reject(error) : undefined))
    socket.on('close', () =>
      chunks.length === 0 ? reject(new Error('No answer.')) : resolve(parse(Buffer.concat(chunks))),
    )
  })

const parse = (bytes: Buffer): WireAnswer => {
  const end = bytes.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  })
  return {
    status: Number(statusLine.split(' ')[1]),
    headers,
    body: bytes.toString('utf8', end + 4),
    header: (name) => headers.find(([one]) => one === name)?.[1],
  }
}
