import * as http from 'node:http'
import * as https from 'node:https'
import type { Socket } from 'node:net'
import { toTimeout } from './faults.ts'

export interface S3Timeouts {
  /** Until there is a connection, TLS included, once it is this request's turn to have one. */
  readonly connectMs: number
  /** While nothing moves in either direction. */
  readonly idleMs: number
  /** One try, from its start until the head of the answer has come, the bytes that it sends included. */
  readonly totalMs: number
}

export interface Outgoing {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | undefined
  readonly agent: http.Agent
  readonly timeouts: S3Timeouts
  readonly signal: AbortSignal | undefined
}

// Small enough that progress shows: a socket that takes one piece is not idle.
const PIECE_BYTES = 1024 * 1024

/** Keeps connections; `close` drops those that are idle. */
export const newAgent = (protocol: string, maxSockets: number): http.Agent => {
  const { Agent } = protocol === 'https:' ? https : http
  return new Agent({ keepAlive: true, maxSockets, scheduling: 'lifo' })
}

/**
 * Sends one request over HTTP(S). Node follows no redirect, so the signature reaches nobody else.
 *
 * @returns The answer, whatever its status, as soon as its head is there. Whoever asked makes it `flow` to its end, or
 * destroys it. It fails when it is aborted.
 * @throws {S3Fault} TIMEOUT; the reason of the signal; the error of the connection.
 */
export const exchange = (outgoing: Outgoing): Promise<http.IncomingMessage> => {
  const { url, method, headers, body, agent, timeouts, signal } = outgoing
  if (signal?.aborted === true) return Promise.reject(signal.reason)
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>()
  const { request } = url.protocol === 'https:' ? https : http
  const sent = request(url, { method, headers, agent })
  const hasCome = limitTimeToAnswer(sent, timeouts)
  endOnAbort(sent, signal)
  sent.setTimeout(timeouts.idleMs, () => sent.destroy(toTimeout(`nothing moved for ${timeouts.idleMs} ms`)))
  // Also after the answer has come: without a listener the error of a connection would end the process.
  sent.on('error', (error) => {
    hasCome()
    reject(error)
  })
  sent.once('response', (answer) => {
    hasCome()
    sent.setTimeout(0)
    // Who answers before the body is whole has refused it; such a connection is of no more use.
    answer.once('close', () => {
      if (!sent.writableFinished) sent.destroy()
    })
    resolve(answer)
  })
  sendBody(sent, body)
  return promise
}

/** @returns To be called when the answer, or a failure, has come. */
const limitTimeToAnswer = (sent: http.ClientRequest, { connectMs, totalMs }: S3Timeouts): (() => void) => {
  const endAfter = (ms: number, what: string) =>
    setTimeout(() => sent.destroy(toTimeout(`${what} within ${ms} ms`)), ms)
  const total = endAfter(totalMs, 'no answer')
  let connecting: NodeJS.Timeout | undefined
  sent.once('socket', (socket: Socket) => {
    if (!socket.connecting) return
    connecting = endAfter(connectMs, 'no connection')
    socket.once(sent.protocol === 'https:' ? 'secureConnect' : 'connect', () => clearTimeout(connecting))
  })
  return () => {
    clearTimeout(total)
    clearTimeout(connecting)
  }
}

const endOnAbort = (sent: http.ClientRequest, signal: AbortSignal | undefined): void => {
  if (signal === undefined) return
  const onAbort = () => sent.destroy(toError(signal.reason))
  signal.addEventListener('abort', onAbort, { once: true })
  sent.once('close', () => signal.removeEventListener('abort', onAbort))
}

/**
 * Makes an answer flow that `exchange` gave, and fail if it stands still meanwhile. While it is paused, nobody wants it
 * to move. Called when all listeners are there: an empty answer ends at once.
 */
export const flow = (answer: http.IncomingMessage, idleMs: number): void => {
  const timer = setTimeout(() => {
    if (answer.isPaused()) timer.refresh()
    else answer.destroy(toTimeout(`nothing moved for ${idleMs} ms`))
  }, idleMs).unref()
  answer.on('data', () => timer.refresh())
  answer.once('close', () => clearTimeout(timer))
  answer.resume()
}

const toError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)))

const sendBody = (sent: http.ClientRequest, body: Buffer | undefined): void => {
  let at = 0
  let isRefused = false
  sent.once('response', () => {
    isRefused = at < (body?.length ?? 0)
  })
  const sendMore = (): void => {
    while (body !== undefined && at < body.length) {
      if (sent.destroyed || isRefused) return
      const piece = body.subarray(at, at + PIECE_BYTES)
      at += piece.length
      if (!sent.write(piece)) {
        sent.once('drain', sendMore)
        return
      }
    }
    sent.end()
  }
  sendMore()
}
