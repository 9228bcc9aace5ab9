import { decoderOf, encode } from './codecs.ts'
import { byteQueue, frame, headerReader, type ImageAnswer, type ImageOrder, type Refusal } from './frames.ts'
import { type Bitmap, isSideways, upright } from './orientation.ts'
import { type Probe, probe } from './probe.ts'
import { shrink } from './scale.ts'

/**
 * The process that looks at images. What it gets may be made to break decoders: it may read its own files and nothing
 * else, it talks to the server over its pipes, and the server ends it when it takes too long.
 */

// Standard output is for frames.
console.log = console.error
console.info = console.error

const MAX_ORDER_BYTES = 64 * 1024

/** Why an image gets no picture. */
class Unfit extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal, detail: string, cause?: unknown) {
    super(detail, { cause })
    this.refusal = refusal
  }
}

const look = (bytes: Buffer): Probe => {
  try {
    const found = probe(bytes)
    if (found === undefined) throw new Unfit('unsupported', 'no known image format')
    if (found.width === 0 || found.height === 0) throw new Unfit('unreadable', 'no pixels')
    return found
  } catch (error) {
    // Reading behind the end is what a header that lies leads to.
    throw error instanceof RangeError ? new Unfit('unreadable', error.message, error) : error
  }
}

const draw = async (bytes: Buffer, { format }: Probe): Promise<Bitmap> => {
  const decode = await decoderOf(format)
  try {
    const image = await decode(bytes)
    if (image.data.length === image.width * image.height * 4) return image
  } catch (error) {
    throw new Unfit('unreadable', error instanceof Error ? error.message : String(error), error)
  }
  throw new Unfit('unreadable', 'more or less pixels than it says')
}

/** From large to small, each from the one before: the whole image is gone through once. */
const shrinkAll = (whole: Bitmap, edges: readonly number[]): Map<number, Bitmap> => {
  const made = new Map<number, Bitmap>()
  let last = whole
  for (const edge of edges.toSorted((a, b) => b - a)) {
    last = shrink(last, edge)
    made.set(edge, last)
  }
  return made
}

const partOf = ({ width, height }: Bitmap, { length }: Uint8Array | Uint8ClampedArray) => ({
  width,
  height,
  bytes: length,
})

interface Answer {
  readonly header: ImageAnswer
  readonly payloads: readonly Uint8Array[]
}

const answer = async (order: ImageOrder, bytes: Buffer): Promise<Answer> => {
  const found = look(bytes)
  const { format, orientation } = found
  const [width, height] = isSideways(orientation) ? [found.height, found.width] : [found.width, found.height]
  const header = { format, width, height, thumbnails: [], pixels: null, rssBytes: process.memoryUsage.rss() }
  const edges = [...order.edges, ...(order.pixels > 0 ? [order.pixels] : [])]
  if (edges.length === 0) return { header, payloads: [] }
  if (width * height > order.maxPixels) throw new Unfit('too-large', `${width} x ${height} pixels`)
  const small = shrinkAll(await draw(bytes, found), edges)
  const upAt = (edge: number): Bitmap => upright(small.get(edge)!, orientation)
  const pictures = order.edges.map(upAt)
  const encoded: Uint8Array[] = []
  for (const picture of pictures) encoded.push(await encode(picture))
  const pixels = order.pixels > 0 ? upAt(order.pixels) : undefined
  const raw = pixels && Uint8Array.from(pixels.data)
  const thumbnails = pictures.map((picture, index) => partOf(picture, encoded[index]!))
  return {
    header: {
      ...header,
      thumbnails,
      pixels: pixels && raw ? partOf(pixels, raw) : null,
      rssBytes: process.memoryUsage.rss(),
    },
    payloads: raw === undefined ? encoded : [...encoded, raw],
  }
}

/** Anything else ends the process, and its last words go to the server's log. */
const refuse = (error: unknown): Answer => {
  if (!(error instanceof Unfit)) throw error
  return { header: { refusal: error.refusal, detail: error.message.slice(0, 500) }, payloads: [] }
}

// Who sends orders is the server, so they are what they say.
const isOrder = (header: unknown): header is ImageOrder =>
  typeof header === 'object' && header !== null && 'bytes' in header && typeof header.bytes === 'number'

const input = byteQueue()
const readHeader = headerReader(input, MAX_ORDER_BYTES)
let order: ImageOrder | undefined

const goOn = async (): Promise<void> => {
  const header = order ?? readHeader()
  if (!isOrder(header)) return
  order = header
  const image = input.take(order.bytes)
  if (image === undefined) return
  const current = order
  order = undefined
  const { header: said, payloads } = await answer(current, image).catch(refuse)
  process.stdout.write(frame(said, payloads))
}

process.stdin.on('data', (piece: Buffer) => {
  input.push(piece)
  void goOn()
})
