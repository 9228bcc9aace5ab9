import { Buffer } from 'node:buffer'
import { readSync, writeSync } from 'node:fs'
import { FROM_WORKER, frame, HEADER_BYTES, TO_WORKER } from '../frames.ts'
import { exit } from './pyodide.ts'

/** The descriptor of the socket that the server hands to the worker. */
const SOCKET = 3
const PRINT_FLUSH_BYTES = 8192
const PRINT_FLUSH_MS = 200
/** How long after its limit a run that still gets here ends itself, should the server be gone. */
const SELF_DESTRUCT_MS = 3000
const AGAIN_MS = 100
const SIGINT = 2

// Taken now, because the globals are emptied before the first command runs.
const now = performance.now.bind(performance)
const encoder = new TextEncoder()
const decoder = new TextDecoder()
const KIND = { call: 99, sleep: 115, prints: 112, line: 108, done: 100 }

export interface Frame {
  type: number
  payload: Buffer
}

/** Reads exactly `length` bytes. A closed socket means that the server is gone, and ends the worker. */
const readExactly = (length: number): Buffer => {
  const bytes = Buffer.allocUnsafe(length)
  for (let at = 0; at < length; ) {
    const count = readSync(SOCKET, bytes, at, length - at, null)
    if (count === 0) exit(0)
    at += count
  }
  return bytes
}

export const receive = (): Frame => {
  const head = readExactly(HEADER_BYTES)
  return { type: head[4]!, payload: readExactly(head.readUInt32LE(0)) }
}

export const send = (type: number, payload: Uint8Array): void => {
  const bytes = frame(type, payload)
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(SOCKET, bytes, at)
  } catch {
    exit(0)
  }
}

export const sendJson = (type: number, value: unknown): void => send(type, encoder.encode(JSON.stringify(value)))

export interface RunClock {
  pythonMs: number
  printBytes: number
  frameBytes: number
}

export type Bridge = ReturnType<typeof makeBridge>

/**
 * Joins the interpreter to the socket: the device that Python writes its calls to, and the clock that interrupts it.
 * All state of a run is here and is set anew by `begin`.
 */
export const makeBridge = () => {
  let answer: Uint8Array = new Uint8Array(0)
  let answerAt = 0
  let prints: Uint8Array[] = []
  let printBytes = 0
  let printsLeft = 0
  let frameBytes = 0
  let report = ''
  let running = false
  let interrupted = false
  let startedAt = 0
  let waitedMs = 0
  let deadline = 0
  let nextInterrupt = 0
  let flushAt = 0

  const flush = (): void => {
    flushAt = now() + PRINT_FLUSH_MS
    if (printBytes === 0) return
    const bytes = Buffer.concat(prints)
    prints = []
    printBytes = 0
    send(FROM_WORKER.prints, bytes)
  }

  const print = (text: Uint8Array): void => {
    // One byte more than the cap goes out, so that the server sees that there was more.
    const kept = text.slice(0, printsLeft + 1)
    printsLeft = Math.max(-1, printsLeft - kept.length)
    if (kept.length === 0) return
    prints.push(kept)
    printBytes += kept.length
    if (printBytes >= PRINT_FLUSH_BYTES) flush()
  }

  const reply = (status: string, body: Uint8Array): void => {
    answer = Buffer.concat([encoder.encode(status), body])
    answerAt = 0
  }

  const ask = (type: number, payload: Uint8Array): void => {
    if (payload.length > frameBytes) {
      reply('t', encoder.encode(`the arguments are too large: ${payload.length} bytes of at most ${frameBytes}`))
      return
    }
    flush()
    const from = now()
    send(type, payload)
    const { type: kind, payload: body } = receive()
    const waited = now() - from
    waitedMs += waited
    deadline += waited
    nextInterrupt += waited
    reply(kind === TO_WORKER.result ? 'r' : kind === TO_WORKER.failure ? 'e' : 'x', body)
  }

  const handle = (message: Uint8Array): void => {
    const body = message.subarray(1)
    if (!running) return
    if (message[0] === KIND.call) ask(FROM_WORKER.call, body)
    else if (message[0] === KIND.sleep) ask(FROM_WORKER.sleep, body)
    else if (message[0] === KIND.prints) print(body)
    else if (message[0] === KIND.line) send(FROM_WORKER.line, body.slice(0, 20))
    else if (message[0] === KIND.done) report = decoder.decode(body.slice(0, frameBytes))
  }

  /** Asked by the interpreter every so many instructions, as the first cell of its interrupt buffer. */
  const interrupt = (): number => {
    if (!running) return 0
    const at = now()
    if (at >= flushAt) flush()
    if (at < nextInterrupt) return 0
    // The server kills first. If it cannot, because it is gone, nobody else would.
    if (at >= deadline + SELF_DESTRUCT_MS) exit(1)
    interrupted = true
    // Not at once again: the handler itself runs in the interpreter and would be interrupted by the next question.
    nextInterrupt = at + AGAIN_MS
    return SIGINT
  }

  return {
    handle,
    signals: Object.freeze(Object.create(null, { 0: { get: interrupt, set: () => {} } })),
    read: (buffer: Int8Array, offset: number, length: number): number => {
      const part = answer.subarray(answerAt, answerAt + length)
      buffer.set(part, offset)
      answerAt += part.length
      return part.length
    },
    begin: (order: Uint8Array, limits: RunClock): void => {
      answer = order
      answerAt = 0
      prints = []
      printBytes = 0
      printsLeft = limits.printBytes
      frameBytes = limits.frameBytes
      report = ''
      interrupted = false
      waitedMs = 0
      startedAt = now()
      deadline = startedAt + limits.pythonMs
      nextInterrupt = deadline
      flushAt = startedAt + PRINT_FLUSH_MS
      running = true
    },
    end: () => {
      running = false
      flush()
      answer = new Uint8Array(0)
      return { report, interrupted, pythonMs: Math.max(0, now() - startedAt - waitedMs) }
    },
  }
}
