import { Buffer } from 'node:buffer'
import type { HostSignature } from './types.ts'

/**
 * What server and worker say to each other over their one socket: a frame is the payload's length (4 bytes, little
 * endian), one byte for its type, and the payload, JSON but for printed text. The worker reads with blocking reads.
 */

/** Types of frames that a worker sends. Only its JavaScript writes them, so Python cannot choose one. */
export const FROM_WORKER = {
  /** Booted, or reset and clean again: `{heapBytes, jsObjects?}`. */
  ready: 1,
  /** A host call as Python wrote it: `{name, args, kwargs}`. */
  call: 2,
  /** Wait for so many seconds: a number. */
  sleep: 3,
  /** Printed text: UTF-8, not JSON. */
  prints: 4,
  /** The line at which the soft time limit stopped the command: a number. */
  line: 5,
  /** The run is over: `{heapBytes, pythonMs, interrupted, report}`. */
  done: 6,
  /** The interpreter broke, and the worker exits: `{reason}`. */
  fatal: 7,
  /** The memory image that was asked for: bytes. */
  image: 8,
} as const

/** Types of frames that the server sends. */
export const TO_WORKER = {
  /** First frame: how to start, a `BootOrder`. */
  boot: 1,
  /** A `RunOrder`. */
  run: 2,
  /** The answer to a call or a sleep, JSON. */
  result: 3,
  /** The call failed: `{message, kind?, ...}`. */
  failure: 4,
  /** The run has no calls left: text. */
  exhausted: 5,
  /** Forget everything since the start, then say ready. */
  reset: 6,
  /** What the run may use, a `RunLimits`: before the order, for a process that puts limits on itself. */
  limits: 7,
} as const

export const HEADER_BYTES = 5

/** An image file starts with the SHA-256 of the rest. */
export const IMAGE_HEADER_BYTES = 32

export interface BootOrder {
  /** The folder of the Pyodide package, ending in a slash. */
  runtimeDir: string
  /** Absolute path of the memory image, or null to start without. */
  snapshotPath: string | null
  /** Our Python files, by name without `.py`; needed to start without an image, and to make one. */
  python: { [name: string]: string }
  /** What the functions in Python are made from. */
  hostCalls: readonly HostSignature[]
  /** What the linear memory may grow to. */
  heapBytes: number
  /** Make an image and send it instead of serving runs. */
  makeImage: boolean
  /** Count the JavaScript objects that Python can reach and report them with the first `ready`. */
  audit: boolean
}

export interface RunOrder {
  command: string
  code: string
  preamble: string
  globals: unknown
  heapBytes: number
  printBytes: number
  pythonMs: number
  frameBytes: number
}

export const header = (type: number, length: number): Buffer => {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES)
  bytes.writeUInt32LE(length, 0)
  bytes[4] = type
  return bytes
}

export const frame = (type: number, payload: Uint8Array): Buffer =>
  Buffer.concat([header(type, payload.length), payload])
