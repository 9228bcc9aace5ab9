import { connect, type Socket } from 'node:net'

export interface Target {
  readonly port: number
  /** Whole requests as they go over the wire; each connection sends one after the other and begins again. */
  readonly requests: readonly string[]
  readonly connections: number
  /** Each connection sends only one of the requests, always the same. */
  readonly oneEach: boolean
}

export interface Load {
  /** Answers so far. */
  answers(): number
  stop(): void
}

const HEAD_END = '\r\n\r\n'
const LENGTH = /content-length: (\d+)/i

/**
 * Keeps connections busy, each with one request at a time. An answer that is not a 200 ends the process: a figure of
 * refusals would be worth nothing.
 */
export const openLoad = (target: Target): Load => {
  const requests = target.requests.map((text) => Buffer.from(text, 'latin1'))
  let answers = 0
  const sockets = Array.from({ length: target.connections }, (_, connection) => {
    // Spread over the list, so that no two connections walk it in step.
    let next = Math.floor((connection * requests.length) / target.connections)
    return talk(
      target.port,
      () => {
        const request = requests[next] ?? Buffer.alloc(0)
        if (!target.oneEach) next = next + 1 === requests.length ? 0 : next + 1
        return request
      },
      () => {
        answers += 1
      },
    )
  })
  return {
    answers: () => answers,
    stop() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

const talk = (port: number, nextRequest: () => Buffer, onAnswer: () => void): Socket => {
  let rest = ''
  const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => socket.write(nextRequest()))
  socket.setEncoding('latin1')
  socket.on('data', (chunk: unknown) => {
    rest = rest === '' ? String(chunk) : rest + String(chunk)
    const length = answerLength(rest)
    if (length === undefined || rest.length < length) return
    rest = ''
    onAnswer()
    socket.write(nextRequest())
  })
  socket.on('error', (error) => fail(error.message))
  socket.on('end', () => fail('the server closed the connection'))
  return socket
}

/** @returns undefined while the head is not complete. */
const answerLength = (text: string): number | undefined => {
  const end = text.indexOf(HEAD_END)
  if (end < 0) return undefined
  if (!text.startsWith('HTTP/1.1 200')) fail(text)
  return end + HEAD_END.length + Number(LENGTH.exec(text)?.[1] ?? fail(text))
}

const fail = (what: string): never => {
  console.error(`The load broke off: ${what}`)
  process.exit(1)
}
