import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { S3Client } from './client.ts'
import { cutOff, S3Fault, toBackendError, toExchangeFault } from './faults.ts'

const BUFFER_BYTES = 1024 * 1024
/** How often one stream may lose its connection; a chunk is 16 MiB. */
const MAX_RESUMPTIONS = 4

interface Span {
  readonly key: string
  readonly from: number
  readonly to: number
  readonly signal: AbortSignal | undefined
}

/**
 * Reads a range of an object. When the connection is lost in the middle, it asks for the rest: objects never change.
 *
 * @returns Once the head of the answer is there and says that it is the whole range.
 * @throws {S3Fault} here; the stream fails with the AppError of the fault, or with the reason of the signal.
 */
export const download = async (client: S3Client, span: Span): Promise<Readable> => {
  const { to, signal } = span
  let next = span.from
  let resumptions = 0
  let answer = await openRange(client, span, next)

  const stream = new Readable({
    highWaterMark: BUFFER_BYTES,
    read: () => void answer.resume(),
    destroy(error, done) {
      answer.destroy()
      done(error)
    },
  })

  const goOn = async (cause: unknown): Promise<void> => {
    if (stream.destroyed) return
    resumptions += 1
    if (signal?.aborted === true || resumptions > MAX_RESUMPTIONS || toExchangeFault(cause)?.canRetry !== true)
      throw cause
    answer = await openRange(client, span, next)
    if (stream.destroyed) answer.destroy()
    else take(answer)
  }

  const take = (taken: IncomingMessage): void => {
    const onData = (piece: Buffer): void => {
      const wanted = piece.subarray(0, to + 1 - next)
      next += wanted.length
      if (!stream.push(wanted)) taken.pause()
      if (next > to) stream.push(null)
    }
    const onEnd = (cause: unknown): void => {
      taken.off('close', onClose)
      if (next <= to) goOn(cause).catch((error: unknown) => stream.destroy(toStreamError(error, signal)))
    }
    const onClose = (): void => onEnd(cutOff())
    taken.on('data', (piece: Buffer) => {
      if (next <= to && !stream.destroyed) onData(piece)
    })
    taken.once('error', onEnd).once('close', onClose)
    client.flow(taken)
  }

  take(answer)
  return stream
}

const openRange = (client: S3Client, { key, to, signal }: Span, from: number): Promise<IncomingMessage> =>
  client.withRetries(signal, async () => {
    const answer = await client.open({ method: 'GET', key, headers: { range: `bytes=${from}-${to}` }, signal })
    const fault = faultOfRange(answer, from, to)
    if (fault === undefined) return answer
    answer.destroy()
    throw fault
  })

const faultOfRange = ({ headers, statusCode }: IncomingMessage, from: number, to: number): S3Fault | undefined => {
  const given = /^bytes (\d+)-(\d+)\/(?:\d+|\*)$/.exec(headers['content-range'] ?? '')
  // An endpoint may send the whole where the whole was asked for.
  const isWhole = statusCode === 200 && from === 0 && headers['content-length'] === String(to + 1)
  if (isWhole || (given && Number(given[1]) === from && Number(given[2]) === to)) return undefined
  const facts = { code: 'RANGE', status: statusCode ?? 0, canRetry: false }
  if (given && Number(given[1]) === from && Number(given[2]) < to) {
    return new S3Fault('The object in S3 is shorter than it was.', { ...facts, kind: 'too-short' })
  }
  return new S3Fault('S3 did not answer with the range that was asked for.', { ...facts, kind: 'unavailable' })
}

const toStreamError = (error: unknown, signal: AbortSignal | undefined): Error => {
  if (signal?.aborted === true && signal.reason instanceof Error) return signal.reason
  const fault = toExchangeFault(error)
  if (fault !== undefined) return toBackendError(fault)
  return error instanceof Error ? error : new Error(String(error))
}
