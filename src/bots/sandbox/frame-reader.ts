import { Buffer } from 'node:buffer'
import { z } from 'zod'
import { HEADER_BYTES } from './frames.ts'
import type { Json } from './types.ts'

export interface ReceivedFrame {
  type: number
  payload: Buffer
}

/**
 * Cuts what a worker sends into frames.
 *
 * @returns A function that takes the next bytes and gives the frames that they complete, one after the other.
 * @throws {RangeError} behind them, when a frame announces more than `maxBytes`: the worker is not to be trusted any more.
 */
export const frameReader = (maxBytes: number) => {
  let parts: Buffer[] = []
  let held = 0
  let wanted = HEADER_BYTES

  return function* (chunk: Buffer): Generator<ReceivedFrame> {
    parts.push(chunk)
    held += chunk.length
    while (held >= wanted) {
      const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
      parts = [bytes]
      const length = bytes.readUInt32LE(0)
      if (length > maxBytes) throw new RangeError(`a worker announced a frame of ${length} bytes`)
      wanted = HEADER_BYTES + length
      if (held < wanted) break
      const received = { type: bytes[4]!, payload: bytes.subarray(HEADER_BYTES, wanted) }
      const rest = bytes.subarray(wanted)
      parts = rest.length > 0 ? [rest] : []
      held = rest.length
      wanted = HEADER_BYTES
      yield received
    }
  }
}

const MAX_NAME = 100
const MAX_TEXT = 16_000

const CallFrame = z.object({
  name: z.string().min(1).max(MAX_NAME),
  args: z.array(z.unknown()).max(100),
  kwargs: z.record(z.string(), z.unknown()),
})

export const SleepFrame = z.number().min(0).max(10)
export const LineFrame = z.number().int().min(1).max(10_000_000)
export const ReadyFrame = z.object({
  heapBytes: z.number(),
  jsObjects: z.object({ walked: z.number(), found: z.array(z.string()) }).nullish(),
})
export type ReadyFrame = z.infer<typeof ReadyFrame>
export const FatalFrame = z.object({ reason: z.string().max(MAX_TEXT) })

export const DoneFrame = z.object({
  heapBytes: z.number().min(0),
  pythonMs: z.number().min(0),
  interrupted: z.boolean(),
  report: z.string(),
})

/** What Python says of its run. Python code wrote it, so it may say anything. */
export const Report = z.object({
  stopped: z.boolean(),
  warnings: z.array(z.string().max(MAX_TEXT)).max(20).catch([]),
  error: z
    .object({
      type: z.string().max(MAX_TEXT),
      message: z.string().max(MAX_TEXT),
      command: z.string().max(MAX_TEXT).nullable().catch(null),
      line: z.number().int().min(1).max(10_000_000).nullable().catch(null),
      traceback: z.string().max(MAX_TEXT),
    })
    .nullable(),
})
export type Report = z.infer<typeof Report>

export interface CallRequest {
  name: string
  args: Json[]
  kwargs: { [key: string]: Json }
}

/** @returns The call, or undefined if the frame is none. */
export const parseCall = (payload: Buffer): CallRequest | undefined => {
  const parsed = parseJson(CallFrame, payload)
  // Fresh from JSON.parse, so every value inside is JSON; checking each again would cost more than the call.
  return parsed === undefined
    ? undefined
    : { name: parsed.name, args: parsed.args as Json[], kwargs: parsed.kwargs as CallRequest['kwargs'] }
}

/** @returns What the payload holds, or undefined if it is not JSON or not of this shape. */
export const parseJson = <T>(schema: z.ZodType<T>, payload: Buffer | string): T | undefined => {
  try {
    const parsed = schema.safeParse(JSON.parse(payload.toString()))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}
