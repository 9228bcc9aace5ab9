import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { Watch } from './exchange.ts'

export interface StreamPart {
  incoming: IncomingMessage
  watch: Watch
  /** So many bytes come first and are not wanted. */
  skipBytes: number
  /** So many are wanted; undefined stands for all that come. */
  takeBytes: number | undefined
  /** The body holds nothing after the part; the connection is then good for another request. */
  endsWithPart: boolean
  /** Makes the error for a stream that broke off, from the system's code. */
  fail: (networkCode: string) => Error
}

/**
 * The wanted part of an answer's body. It gives exactly `takeBytes`, or fails: it never just ends early. Destroying it
 * ends the download.
 */
export const downloadStream = ({ incoming, watch, skipBytes, takeBytes, endsWithPart, fail }: StreamPart): Readable => {
  let skip = skipBytes
  let left = takeBytes ?? Number.POSITIVE_INFINITY
  const stream = new Readable({
    highWaterMark: 1024 * 1024,
    read() {
      if (!incoming.isPaused()) return
      watch.resume()
      incoming.resume()
    },
    destroy(error, done) {
      if (incoming.complete) watch.stop()
      else watch.cut('CANCELLED')
      done(error)
    },
  })

  let isFinished = false
  const finish = () => {
    isFinished = true
    incoming.off('data', take)
    // To read past what is not wanted would cost more than a new connection.
    if (incoming.complete) watch.stop()
    else watch.cut('CUT')
    stream.push(null)
  }
  const take = (piece: Buffer) => {
    watch.progress()
    const from = Math.min(skip, piece.byteLength)
    skip -= from
    const wanted = piece.subarray(from, Math.min(piece.byteLength, from + left))
    left -= wanted.byteLength
    const hasRoom = wanted.byteLength === 0 || stream.push(wanted)
    if (left === 0 && !endsWithPart) return finish()
    if (hasRoom) return
    watch.rest()
    incoming.pause()
  }
  incoming.on('data', take)
  const breakOff = (networkCode: string) => {
    if (isFinished) return
    const cause = watch.cause()
    if (cause && cause.code === undefined) stream.destroy(toError(cause.reason))
    else stream.destroy(fail(cause?.code ?? networkCode))
  }
  incoming.on('end', () => {
    if (takeBytes !== undefined && left > 0) breakOff('BODY_INCOMPLETE')
    else if (!isFinished) finish()
  })
  incoming.on('error', (error: NodeJS.ErrnoException) => breakOff(error.code ?? 'ECONNRESET'))
  return stream
}

const toError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)))
