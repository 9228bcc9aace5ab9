import * as http from 'node:http'
import * as https from 'node:https'

/** All in milliseconds. */
export interface Timeouts {
  /** Until the connection stands; waiting for a free one is not counted. */
  connectMs: number
  /** Without a byte moving in either direction. */
  idleMs: number
  /** For all of it. */
  totalMs: number
}

/** A body that is not in memory; its length is known before it is read. */
export interface StreamedBody {
  head: Buffer
  source: AsyncIterable<Buffer>
  /** Exactly what the source gives. */
  sourceBytes: number
  tail: Buffer
}

export interface ExchangeRequest {
  url: URL
  verb: 'GET' | 'POST'
  headers: http.OutgoingHttpHeaders
  body?: Buffer | StreamedBody
  agent: http.Agent
  timeouts: Timeouts
  signal?: AbortSignal | undefined
}

/** The head of an answer. Whoever gets it reads `incoming` to its end, or calls `watch.end`. */
export interface Reply {
  incoming: http.IncomingMessage
  /** The whole request had left when the answer came. */
  isSent: boolean
  watch: Watch
}

/** No answer came. */
export class ExchangeFailure extends Error {
  /** The system's error code, or `TIMEOUT`. */
  readonly networkCode: string
  /** The whole request had left, so the work may have been done. */
  readonly isSent: boolean
  /** The connection had been used before; the server may have closed it while the request was on its way. */
  readonly isReused: boolean

  constructor(networkCode: string, { isSent, isReused }: { isSent: boolean; isReused: boolean }) {
    super(networkCode)
    this.name = 'ExchangeFailure'
    this.networkCode = networkCode
    this.isSent = isSent
    this.isReused = isReused
  }
}

/** The source of a body gave more or fewer bytes than were announced. Nothing of it was taken. */
export class SourceSizeError extends Error {
  constructor(expectedBytes: number) {
    super(`The source did not give exactly ${expectedBytes} bytes`)
    this.name = 'SourceSizeError'
  }
}

/** Why a request was ended from this side: a code of ours, or what the caller's signal or source said. */
export type EndCause = { code: string; reason?: never } | { code?: never; reason: unknown }

export type Watch = ReturnType<typeof watchOver>

/** Ends a request that takes too long or that the caller has no use for. */
const watchOver = (outgoing: http.ClientRequest, { timeouts, signal }: ExchangeRequest) => {
  let cause: EndCause | undefined
  const end = (why: EndCause): void => {
    cause ??= why
    stop()
    outgoing.destroy()
  }
  const cut = (code: string) => end({ code })
  const late = () => cut('TIMEOUT')
  const abort = () => end({ reason: signal?.reason })
  const total = setTimeout(late, timeouts.totalMs)
  let idle: NodeJS.Timeout | undefined
  const stop = (): void => {
    clearTimeout(total)
    clearTimeout(idle)
    signal?.removeEventListener('abort', abort)
  }

  signal?.addEventListener('abort', abort, { once: true })
  outgoing.once('socket', (socket) => {
    const begin = () => {
      clearTimeout(idle)
      if (!cause) idle = setTimeout(late, timeouts.idleMs)
    }
    if (!socket.connecting) return begin()
    idle = setTimeout(late, timeouts.connectMs)
    socket.once(outgoing.protocol === 'https:' ? 'secureConnect' : 'connect', begin)
  })

  return {
    /** Why it was ended; undefined while it was not. */
    cause: () => cause,
    /** Bytes moved. */
    progress: () => void idle?.refresh(),
    /** Waiting is the caller's choice for now, such as while its reader is slow. */
    rest: () => clearTimeout(idle),
    resume: () => {
      clearTimeout(idle)
      if (!cause) idle = setTimeout(late, timeouts.idleMs)
    },
    /** All is done. */
    stop,
    /** Breaks the connection. */
    end,
    cut,
  }
}

/**
 * Sends a request and waits for the head of its answer. The body is passed on as fast as the connection takes it, and no
 * further once an answer has come.
 *
 * @throws {ExchangeFailure} when no answer came; the signal's reason; {@link SourceSizeError}; what the source threw.
 */
export const exchange = (request: ExchangeRequest): Promise<Reply> =>
  new Promise((resolve, reject) => {
    request.signal?.throwIfAborted()
    const { url, verb, headers, body, agent } = request
    const outgoing = (url.protocol === 'https:' ? https : http).request(url, { method: verb, headers, agent })
    const watch = watchOver(outgoing, request)
    let isSent = false
    const markSent = () => {
      isSent = true
    }

    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      watch.stop()
      const cause = watch.cause()
      if (cause && cause.code === undefined) return reject(cause.reason)
      const networkCode = cause?.code ?? error.code ?? 'UNKNOWN'
      reject(new ExchangeFailure(networkCode, { isSent, isReused: outgoing.reusedSocket }))
    })
    outgoing.on('response', (incoming) => {
      watch.progress()
      resolve({ incoming, isSent, watch })
    })
    if (body === undefined || Buffer.isBuffer(body)) {
      // A request in one piece leaves as soon as there is a connection.
      outgoing.once('socket', (socket) => (socket.connecting ? socket.once('connect', markSent) : markSent()))
      outgoing.end(body)
    } else {
      feed(outgoing, body, watch, markSent).catch((reason: unknown) => watch.end({ reason }))
    }
  })

const feed = async (
  outgoing: http.ClientRequest,
  { head, source, sourceBytes, tail }: StreamedBody,
  watch: Watch,
  markSent: () => void,
): Promise<void> => {
  let isOver = false
  const over = () => {
    isOver = true
  }
  outgoing.once('response', over).once('close', over)
  outgoing.write(head)
  let leftBytes = sourceBytes
  for await (const piece of source) {
    if (isOver) return
    leftBytes -= piece.byteLength
    if (leftBytes < 0) throw new SourceSizeError(sourceBytes)
    if (!outgoing.write(piece)) await drained(outgoing)
    watch.progress()
  }
  if (isOver) return
  if (leftBytes > 0) throw new SourceSizeError(sourceBytes)
  markSent()
  outgoing.end(tail)
}

const DRAINED = ['drain', 'response', 'close'] as const

/** Waits until there is room again, or no more use for it. */
const drained = (outgoing: http.ClientRequest): Promise<void> =>
  new Promise((resolve) => {
    if (outgoing.destroyed) return resolve()
    const done = () => {
      for (const event of DRAINED) outgoing.off(event, done)
      resolve()
    }
    for (const event of DRAINED) outgoing.on(event, done)
  })

/** @throws {ExchangeFailure} when the answer breaks off, or is longer than `maxBytes`. */
export const readText = ({ incoming, isSent, watch }: Reply, maxBytes: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    let sizeBytes = 0
    const fail = (networkCode: string) => {
      watch.cut(networkCode)
      reject(new ExchangeFailure(networkCode, { isSent, isReused: false }))
    }
    incoming.on('data', (piece: Buffer) => {
      watch.progress()
      sizeBytes += piece.byteLength
      if (sizeBytes > maxBytes) fail('ANSWER_TOO_LARGE')
      else pieces.push(piece)
    })
    incoming.on('error', (error: NodeJS.ErrnoException) => {
      const cause = watch.cause()
      if (cause && cause.code === undefined) return reject(cause.reason)
      fail(cause?.code ?? error.code ?? 'ECONNRESET')
    })
    incoming.on('end', () => {
      // An answer that came before the request had left ends the connection: the rest is not worth sending.
      if (isSent) watch.stop()
      else watch.cut('ANSWERED')
      resolve(Buffer.concat(pieces).toString('utf8'))
    })
  })
