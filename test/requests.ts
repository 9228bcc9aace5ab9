import { once } from 'node:events'
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'

/** An answer as it came over the wire. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Call {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** Sends one request on a connection of its own. */
export const send = async (url: string, { method = 'GET', path, headers = {}, body }: Call): Promise<Answer> => {
  const sent = request(new URL(path, url), { method, headers, agent: false })
  sent.end(body)
  const response = await new Promise<IncomingMessage>((fulfil, reject) => {
    sent.once('response', fulfil).once('error', reject)
  })
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }
}

/** Sends all of them at once, each on a connection of its own. */
export const sendTogether = (url: string, calls: readonly Call[]): Promise<Answer[]> =>
  Promise.all(calls.map((call) => send(url, call)))

/** Sends all of them on one connection in a single write, without waiting for answers. They come in the same order. */
export const sendPipelined = async (url: string, calls: readonly Call[]): Promise<Answer[]> => {
  // The server would wait for a request, and end the connection with an answer to none.
  if (calls.length === 0) return []
  const { hostname, port, host } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  const answers = readAnswers(calls.length)
  socket.write(Buffer.concat(calls.map((call) => wireForm(call, host))))
  try {
    for await (const chunk of socket) if (answers.add(chunk)) break
  } finally {
    socket.destroy()
  }
  return answers.all
}

const wireForm = ({ method = 'GET', path, headers = {}, body = '' }: Call, host: string): Buffer => {
  const length = Buffer.byteLength(body)
  const all = { host, ...headers, ...(length > 0 ? { 'content-length': String(length) } : {}) }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`), Buffer.from(body)])
}

/** Cuts a stream of answers, all of them with a Content-Length, into answers. */
const readAnswers = (count: number) => {
  const all: Answer[] = []
  let rest = Buffer.alloc(0)
  const next = (): boolean => {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) return false
    const [statusLine = '', ...lines] = rest.toString('latin1', 0, end).split('\r\n')
    const headers: Record<string, string> = {}
    for (const line of lines)
      headers[line.slice(0, line.indexOf(':')).toLowerCase()] = line.slice(line.indexOf(':') + 2)
    const bodyEnd = end + 4 + Number(headers['content-length'])
    if (rest.length < bodyEnd) return false
    all.push({ status: Number(statusLine.split(' ')[1]), headers, body: rest.toString('utf8', end + 4, bodyEnd) })
    rest = rest.subarray(bodyEnd)
    return true
  }
  return {
    all,
    /** @returns true when all of them are there. */
    add(chunk: Buffer): boolean {
      rest = Buffer.concat([rest, chunk])
      while (next());
      return all.length >= count
    },
  }
}

export const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))

/** How many answers have each status. */
export const statuses = (answers: readonly Answer[]): Record<number, number> => {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}
