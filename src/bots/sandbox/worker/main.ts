import type { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { type BootOrder, FROM_WORKER, IMAGE_HEADER_BYTES, type RunOrder, TO_WORKER } from '../frames.ts'
import { bootPython, capHeap } from './boot.ts'
import { makeBridge, receive, send, sendJson } from './bridge.ts'
import { closeDoors } from './harden.ts'
import { exit, type Python } from './pyodide.ts'

/**
 * The process that runs commands. Started by the server with nothing but a socket; reads a `BootOrder`, starts the
 * interpreter, shuts every door behind it, and then serves one order after the other until the socket closes.
 */
const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** A command that asks for nothing. */
const WARM_UP = {
  command: '',
  code: 'x = 1',
  preamble: '',
  globals: {},
  heapBytes: 0,
  printBytes: 0,
  pythonMs: 10_000,
  frameBytes: 65_536,
} satisfies RunOrder

const parse = (payload: Uint8Array) => JSON.parse(decoder.decode(payload))

const makeImage = async (order: BootOrder): Promise<void> => {
  const python = await bootPython(order, null, true)
  send(FROM_WORKER.image, python.makeMemorySnapshot())
  exit(0)
}

/** What of a run would survive it outside the linear memory: descriptors, and where they stand. */
const openStreams = (python: Python) => {
  const { FS } = python
  const kept = FS.streams.map((stream) => stream ?? null)
  const positions = kept.map((stream) => stream?.position ?? 0)
  return () => {
    FS.streams.length = kept.length
    for (const [fd, stream] of kept.entries()) {
      FS.streams[fd] = stream
      if (stream) stream.position = positions[fd] ?? 0
    }
  }
}

const serveRuns = async (order: BootOrder): Promise<void> => {
  const bridge = makeBridge()
  const snapshot = order.snapshotPath === null ? null : readFileSync(order.snapshotPath).subarray(IMAGE_HEADER_BYTES)
  const python = await bootPython(order, snapshot, false)
  const { serve, jsObjects } = closeDoors(python, bridge, order)
  const heap = python._module
  const restoreStreams = openStreams(python)
  const stack = heap.stackSave?.() ?? 0
  const clean = new Uint8Array(heap.HEAP8.buffer).slice()

  const reset = (): void => {
    const memory = new Uint8Array(heap.HEAP8.buffer)
    memory.set(clean)
    memory.fill(0, clean.length)
    heap.stackRestore?.(stack)
  }
  /** What the interpreter's first run has to be compiled for is compiled now, and not while somebody waits for it. */
  const warmUp = (): void => {
    bridge.begin(encoder.encode(JSON.stringify(WARM_UP)), WARM_UP)
    serve()
    bridge.end()
    restoreStreams()
    reset()
  }
  const run = (payload: Buffer): void => {
    const limits: RunOrder = parse(payload)
    capHeap(Math.min(limits.heapBytes, order.heapBytes))
    bridge.begin(payload, limits)
    try {
      serve()
    } catch (error) {
      // `serve` catches what a command raises. What gets here came through the interpreter, which is in no known state.
      bridge.end()
      sendJson(FROM_WORKER.fatal, { reason: String(error).slice(0, 500) })
      exit(1)
    }
    const end = bridge.end()
    restoreStreams()
    sendJson(FROM_WORKER.done, { ...end, heapBytes: heap.HEAP8.length })
  }

  warmUp()
  sendJson(FROM_WORKER.ready, { heapBytes: heap.HEAP8.length, jsObjects })
  for (;;) {
    const { type, payload } = receive()
    if (type === TO_WORKER.run) run(payload)
    else if (type === TO_WORKER.reset) {
      reset()
      sendJson(FROM_WORKER.ready, { heapBytes: heap.HEAP8.length, jsObjects: null })
    }
    // Anything else is a late answer to a call of a run that is over.
  }
}

const order: BootOrder = parse(receive().payload)
try {
  await (order.makeImage ? makeImage(order) : serveRuns(order))
} catch (error) {
  sendJson(FROM_WORKER.fatal, { reason: String(error instanceof Error ? error.stack : error).slice(0, 2000) })
  exit(1)
}
