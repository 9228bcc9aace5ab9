/**
 * What goes between the server and the process that decodes images: a length of four bytes, that many bytes of JSON, and
 * the bytes that the JSON announces.
 */
export interface ImageOrder {
  /** Length of the image, which follows. */
  readonly bytes: number
  /** A picture that fits into a square of this edge, for each. None: only the dimensions are told. */
  readonly edges: readonly number[]
  /** Plain pixels that fit into a square of this edge, for who looks for colours; 0 for none. */
  readonly pixels: number
  /** No image with more pixels is decoded. */
  readonly maxPixels: number
}

export const IMAGE_FORMATS = ['jpeg', 'png', 'gif', 'webp', 'bmp', 'tiff', 'avif'] as const
export type ImageFormat = (typeof IMAGE_FORMATS)[number]

/** Why there is no picture. */
export const REFUSALS = ['unsupported', 'unreadable', 'too-large'] as const
export type Refusal = (typeof REFUSALS)[number]

export interface ImagePart {
  readonly width: number
  readonly height: number
  /** How many bytes of what follows the JSON are its. */
  readonly bytes: number
}

export type ImageAnswer =
  | { readonly refusal: Refusal; readonly detail: string }
  | {
      readonly format: ImageFormat
      /** As it is to be seen: turned as the image says. */
      readonly width: number
      readonly height: number
      /** In the order of the edges. */
      readonly thumbnails: readonly ImagePart[]
      readonly pixels: ImagePart | null
      /** What the process occupies by now. */
      readonly rssBytes: number
    }

const PREFIX_BYTES = 4

export const frame = (header: object, payloads: readonly Uint8Array[] = []): Buffer => {
  const json = Buffer.from(JSON.stringify(header))
  const prefix = Buffer.alloc(PREFIX_BYTES)
  prefix.writeUInt32BE(json.length)
  return Buffer.concat([prefix, json, ...payloads])
}

/** Bytes that arrive in pieces, and are taken in others. */
export const byteQueue = () => {
  const pieces: Buffer[] = []
  let length = 0

  return {
    push(piece: Buffer): void {
      pieces.push(piece)
      length += piece.length
    },

    /** @returns Undefined until so many bytes are there; then they are gone from here. */
    take(bytes: number): Buffer | undefined {
      if (length < bytes) return undefined
      const whole = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, length)
      const rest = whole.subarray(bytes)
      pieces.splice(0, pieces.length, ...(rest.length > 0 ? [rest] : []))
      length = rest.length
      return whole.subarray(0, bytes)
    },
  }
}

/** @returns Takes one header out of a queue: undefined until it is there. @throws {RangeError} when it is too long */
export const headerReader = (queue: ReturnType<typeof byteQueue>, maxBytes: number) => {
  let expected: number | undefined
  return (): unknown => {
    expected ??= queue.take(PREFIX_BYTES)?.readUInt32BE()
    if (expected === undefined) return undefined
    if (expected > maxBytes) throw new RangeError(`A header of ${expected} bytes was announced.`)
    const json = queue.take(expected)
    if (json === undefined) return undefined
    expected = undefined
    return JSON.parse(json.toString())
  }
}
