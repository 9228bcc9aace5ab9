import type { ImageFormat } from './frames.ts'
import { orientationIn } from './orientation.ts'

/** What the head of an image says of it. */
export interface Probe {
  readonly format: ImageFormat
  /** As stored, before it is turned. */
  readonly width: number
  readonly height: number
  /** As in EXIF: 1 is upright, 5 to 8 lie on their side. */
  readonly orientation: number
}

type Sizes = Omit<Probe, 'format'>

/**
 * Reads how large an image says it is, without decoding anything: a file of a hundred bytes may announce a gigapixel.
 *
 * @returns Undefined for what is none of our formats, whatever its name says.
 * @throws {RangeError} for one of our formats that ends too early or makes no sense
 */
export const probe = (bytes: Buffer): Probe | undefined => {
  const format = formatOf(bytes)
  return format && { format, ...SIZES[format](bytes) }
}

const ascii = (bytes: Buffer, from: number, to: number): string => bytes.toString('latin1', from, to)

const formatOf = (bytes: Buffer): ImageFormat | undefined => {
  if (bytes.length < 16) return undefined
  if (bytes.readUIntBE(0, 3) === 0xffd8ff) return 'jpeg'
  if (bytes.readUInt32BE(0) === 0x89504e47) return 'png'
  if (ascii(bytes, 0, 4) === 'GIF8') return 'gif'
  if (ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 12) === 'WEBP') return 'webp'
  if (ascii(bytes, 0, 2) === 'BM') return 'bmp'
  if (['II*\0', 'MM\0*'].includes(ascii(bytes, 0, 4))) return 'tiff'
  return ascii(bytes, 4, 8) === 'ftyp' && isAvif(bytes) ? 'avif' : undefined
}

const isAvif = (bytes: Buffer): boolean => {
  const brands = ascii(bytes, 8, Math.min(bytes.readUInt32BE(0), 256))
  return /avif|avis/.test(brands)
}

/** @see https://www.w3.org/Graphics/JPEG/itu-t81.pdf B.2.2 */
const jpegSizes = (bytes: Buffer): Sizes => {
  let orientation = 1
  let at = 2
  for (;;) {
    if (bytes.readUInt8(at) !== 0xff) throw new RangeError('A marker of the JPEG is missing.')
    while (bytes.readUInt8(at + 1) === 0xff) at += 1
    const marker = bytes.readUInt8(at + 1)
    const length = bytes.readUInt16BE(at + 2)
    // Frame headers, without the tables that share their range.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7), orientation }
    if (marker === 0xe1 && ascii(bytes, at + 4, at + 10) === 'Exif\0\0')
      orientation = orientationIn(bytes.subarray(at + 10, at + 2 + length))
    at += 2 + length
  }
}

/** @see https://www.w3.org/TR/png-3/#5Chunk-layout */
const pngSizes = (bytes: Buffer): Sizes => {
  let orientation = 1
  // Behind the pixels nobody looks: there may be gigabytes of them.
  for (let at = 8; at + 12 <= bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    const type = ascii(bytes, at + 4, at + 8)
    if (type === 'IDAT') break
    if (type === 'eXIf') orientation = orientationIn(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)))
  }
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), orientation }
}

const gifSizes = (bytes: Buffer): Sizes => ({
  width: bytes.readUInt16LE(6),
  height: bytes.readUInt16LE(8),
  orientation: 1,
})

/** Bytes of a frame of an animation before the parts that it is made of. */
const WEBP_FRAME_BYTES = 16

/**
 * Of the canvas and of every frame in it, the largest: who decodes a frame takes the room that the frame says.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9649#section-2.5
 */
const webpSizes = (bytes: Buffer): Sizes => {
  if (!['VP8 ', 'VP8L', 'VP8X'].includes(ascii(bytes, 12, 16)))
    throw new RangeError('The WebP begins with something else.')
  const found = { width: 0, height: 0, orientation: 1 }
  const grow = (width: number, height: number): void => {
    found.width = Math.max(found.width, width)
    found.height = Math.max(found.height, height)
  }
  const walk = (from: number, to: number, inFrame: boolean): void => {
    for (let at = from; at + 8 <= to; at += 8 + paddedLength(bytes.readUInt32LE(at + 4))) {
      const kind = ascii(bytes, at, at + 4)
      const [start, end] = [at + 8, Math.min(to, at + 8 + bytes.readUInt32LE(at + 4))]
      if (kind === 'VP8 ') grow(bytes.readUInt16LE(start + 6) & 0x3fff, bytes.readUInt16LE(start + 8) & 0x3fff)
      if (kind === 'VP8L') {
        const bits = bytes.readUInt32LE(start + 1)
        grow((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1)
      }
      if (kind === 'VP8X') grow(bytes.readUIntLE(start + 4, 3) + 1, bytes.readUIntLE(start + 7, 3) + 1)
      if (kind === 'ANMF' && !inFrame) {
        grow(bytes.readUIntLE(start + 6, 3) + 1, bytes.readUIntLE(start + 9, 3) + 1)
        walk(start + WEBP_FRAME_BYTES, end, true)
      }
      if (kind === 'EXIF') found.orientation = orientationIn(bytes.subarray(start, end))
    }
  }
  walk(12, bytes.length, false)
  return found
}

const paddedLength = (length: number): number => length + (length % 2)

const bmpSizes = (bytes: Buffer): Sizes => {
  // The oldest header has 12 bytes, with sizes of two.
  if (bytes.readUInt32LE(14) === 12)
    return { width: bytes.readUInt16LE(18), height: bytes.readUInt16LE(20), orientation: 1 }
  // A negative height is one of rows from the top.
  return { width: Math.abs(bytes.readInt32LE(18)), height: Math.abs(bytes.readInt32LE(22)), orientation: 1 }
}

const TIFF_WIDTH = 256
const TIFF_HEIGHT = 257

const tiffSizes = (bytes: Buffer): Sizes => {
  const little = bytes.readUInt8(0) === 0x49
  const short = (at: number) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at))
  const long = (at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at))
  const directory = long(4)
  const found = new Map<number, number>()
  for (let entry = 0; entry < short(directory); entry += 1) {
    const at = directory + 2 + entry * 12
    // Type 3 has two bytes, and 4 has four.
    found.set(short(at), short(at + 2) === 3 ? short(at + 8) : long(at + 8))
  }
  const [width, height] = [found.get(TIFF_WIDTH), found.get(TIFF_HEIGHT)]
  if (width === undefined || height === undefined) throw new RangeError('The TIFF does not say its size.')
  return { width, height, orientation: orientationIn(bytes) }
}

/** The parts that hold others on the way to `ispe`, and how many bytes of their own they begin with. */
const AVIF_FOLDERS: Readonly<Record<string, number>> = { meta: 4, iprp: 0, ipco: 0 }
// Anticlockwise quarter turns, in the words of EXIF.
const AVIF_TURNS = [1, 8, 3, 6]

/** @see https://aomediacodec.github.io/av1-avif/ */
const avifSizes = (bytes: Buffer): Sizes => {
  const found = { width: 0, height: 0, orientation: 1 }
  const walk = (from: number, to: number, depth: number): void => {
    for (let at = from; at + 8 <= to; ) {
      const type = ascii(bytes, at + 4, at + 8)
      const end = Math.min(to, at + (bytes.readUInt32BE(at) || to - at))
      if (end < at + 8) throw new RangeError('A box of the AVIF is too short.')
      const own = AVIF_FOLDERS[type]
      if (own !== undefined && depth < 4) walk(at + 8 + own, end, depth + 1)
      if (type === 'ispe') {
        // The alpha plane and the tiles of a grid have one each; none is larger than the whole.
        found.width = Math.max(found.width, bytes.readUInt32BE(at + 12))
        found.height = Math.max(found.height, bytes.readUInt32BE(at + 16))
      }
      if (type === 'irot') found.orientation = AVIF_TURNS[bytes.readUInt8(at + 8) & 3] ?? 1
      at = end
    }
  }
  walk(0, bytes.length, 0)
  if (found.width === 0) throw new RangeError('The AVIF does not say its size.')
  return found
}

const SIZES: Readonly<Record<ImageFormat, (bytes: Buffer) => Sizes>> = {
  jpeg: jpegSizes,
  png: pngSizes,
  gif: gifSizes,
  webp: webpSizes,
  bmp: bmpSizes,
  tiff: tiffSizes,
  avif: avifSizes,
}
