import type { Readable } from 'node:stream'
import type { Log } from '../../platform/log/index.ts'
import { type ImageProcess, type ProcessAnswer, ProcessFailure, startImageProcess } from './image-process.ts'
import type { ImageFormat, Refusal } from './worker/frames.ts'

/** An image somewhere. */
export interface ImageSource {
  readonly sizeBytes: number
  /** Opens all of its bytes. */
  open(signal: AbortSignal): Promise<Readable>
}

/** What is wanted of an image. Nothing asked: its dimensions, for which nothing is decoded. */
export interface ImageWish {
  /** A WebP that fits into a square of this edge, for each; at most 8. An image is never made larger. */
  readonly edges?: readonly number[]
  /** Pixels that fit into a square of this edge, for colours and palettes. */
  readonly pixels?: number
  /** `later` lets everything else go first. Default `now`. */
  readonly when?: 'now' | 'later'
}

/** Plain pixels: red, green, blue and alpha, rows from the top. */
export interface Pixels {
  readonly width: number
  readonly height: number
  readonly rgba: Buffer
}

export interface Picture {
  readonly width: number
  readonly height: number
  /** WebP without any metadata. */
  readonly bytes: Buffer
}

export interface ImageFacts {
  readonly format: ImageFormat
  /** As it is to be seen, turned as EXIF says. */
  readonly width: number
  readonly height: number
  /** In the order of the edges. */
  readonly thumbnails: readonly Picture[]
  readonly pixels: Pixels | undefined
}

/**
 * Why nothing could be made of an image. `failed`: the decoder crashed, or took too long or too much memory; `busy`: too
 * many wait. Both may be different another time.
 */
export class ImageError extends Error {
  readonly reason: Refusal | 'failed' | 'busy'

  constructor(reason: ImageError['reason'], message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'ImageError'
    this.reason = reason
  }
}

export interface ImageToolsOptions {
  readonly log: Log
  /** Node. Its own by default. */
  readonly nodePath?: string
  /** No image with more pixels is decoded. Default 100 million. */
  readonly maxPixels?: number
  /** No larger file is read. Default 64 MiB. */
  readonly maxBytes?: number
  /** From the first byte to the picture. Default 30 s. */
  readonly timeoutMs?: number
  /** How long the process stays when there is nothing to do. Default 20 s. */
  readonly idleMs?: number
}

interface Waiting {
  readonly source: ImageSource
  readonly wish: ImageWish
  readonly resolve: (facts: ImageFacts) => void
  readonly reject: (error: unknown) => void
}

const MAX_PIXELS = 100_000_000
const MAX_BYTES = 64 * 1024 * 1024
const TIMEOUT_MS = 30_000
const IDLE_MS = 20_000
const MOST_WAITING = 200
/** The decoders' memory does not shrink: a process that has grown makes place for a new one. */
const RETIRE_RSS_BYTES = 300 * 1024 * 1024

export type ImageTools = ReturnType<typeof imageTools>

/**
 * Looks at images, one at a time, in a process of its own: a decoder that an image breaks takes nothing with it. The
 * process is there while there are images.
 */
export const imageTools = (options: ImageToolsOptions) => {
  const { log, nodePath = process.execPath, maxPixels = MAX_PIXELS, maxBytes = MAX_BYTES } = options
  const { timeoutMs = TIMEOUT_MS, idleMs = IDLE_MS } = options
  const waiting: { now: Waiting[]; later: Waiting[] } = { now: [], later: [] }
  let running: ImageProcess | undefined
  let idle: NodeJS.Timeout | undefined
  let busy = false
  let stopped = false

  const ask = async ({ source, wish }: Waiting): Promise<ImageFacts> => {
    if (source.sizeBytes > maxBytes) throw new ImageError('too-large', `${source.sizeBytes} bytes`)
    if (running?.alive() !== true) running = startImageProcess(nodePath)
    const current = running
    const stopping = new AbortController()
    const timer = setTimeout(() => {
      stopping.abort(new Error('The image took too long.'))
      current.kill('The image took too long.')
    }, timeoutMs)
    try {
      const bytes = await source.open(stopping.signal)
      const order = { bytes: source.sizeBytes, edges: wish.edges ?? [], pixels: wish.pixels ?? 0, maxPixels }
      const answer = await current.run(order, bytes)
      if ('rssBytes' in answer && answer.rssBytes > RETIRE_RSS_BYTES) current.kill('It has grown.')
      // A decoder that gave up may have left anything behind.
      if ('refusal' in answer && answer.refusal === 'unreadable') current.kill('It gave up.')
      return toFacts(answer)
    } catch (error) {
      if (!(error instanceof ProcessFailure) && !stopping.signal.aborted) throw error
      log.warn({ err: error }, 'an image broke the process that decodes images')
      throw new ImageError('failed', 'The image process failed.', error)
    } finally {
      clearTimeout(timer)
    }
  }

  const goOn = async (): Promise<void> => {
    clearTimeout(idle)
    busy = true
    for (
      let next = waiting.now.shift() ?? waiting.later.shift();
      next;
      next = waiting.now.shift() ?? waiting.later.shift()
    )
      await ask(next).then(next.resolve, next.reject)
    busy = false
    idle = setTimeout(() => running?.kill('There is nothing to do.'), idleMs).unref()
  }

  return {
    /**
     * Looks at an image, and makes smaller ones of it.
     *
     * @throws {ImageError}, and what opening or reading the source fails with
     */
    inspect: (source: ImageSource, wish: ImageWish = {}): Promise<ImageFacts> =>
      new Promise((resolve, reject) => {
        const queue = waiting[wish.when ?? 'now']
        if (stopped || queue.length >= MOST_WAITING) return reject(new ImageError('busy', 'Too many images wait.'))
        queue.push({ source, wish, resolve, reject })
        if (!busy) void goOn()
      }),

    /** Whether the process is there. */
    isRunning: (): boolean => running?.alive() === true,

    async stop(): Promise<void> {
      stopped = true
      clearTimeout(idle)
      for (const { reject } of [...waiting.now.splice(0), ...waiting.later.splice(0)])
        reject(new ImageError('busy', 'The server is stopping.'))
      running?.kill('The server is stopping.')
      await running?.exited
    },
  }
}

const toFacts = (answer: ProcessAnswer): ImageFacts => {
  if ('refusal' in answer) throw new ImageError(answer.refusal, answer.detail)
  const { format, width, height, thumbnails, pixels, payloads } = answer
  const rgba = payloads.at(-1)
  return {
    format,
    width,
    height,
    thumbnails: thumbnails.map((part, index) => ({
      width: part.width,
      height: part.height,
      bytes: payloads[index] ?? Buffer.alloc(0),
    })),
    pixels: pixels === null || rgba === undefined ? undefined : { width: pixels.width, height: pixels.height, rgba },
  }
}

/** The mean colour of what is not transparent; undefined where everything is. */
export const averageColor = ({ rgba }: Pixels): { red: number; green: number; blue: number } | undefined => {
  const sums = [0, 0, 0, 0]
  for (let at = 0; at + 3 < rgba.length; at += 4) {
    const alpha = rgba[at + 3]!
    for (let channel = 0; channel < 3; channel += 1) sums[channel]! += rgba[at + channel]! * alpha
    sums[3]! += alpha
  }
  const [red = 0, green = 0, blue = 0, weight = 0] = sums
  if (weight === 0) return undefined
  return { red: Math.round(red / weight), green: Math.round(green / weight), blue: Math.round(blue / weight) }
}
