import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { ImageFormat } from './frames.ts'
import type { Bitmap } from './orientation.ts'

// The decoders make one of these, and Node has none.
Object.assign(globalThis, {
  ImageData: class {
    readonly data: Uint8ClampedArray
    readonly width: number
    readonly height: number

    constructor(data: Uint8ClampedArray, width: number, height: number) {
      this.data = data
      this.width = width
      this.height = height
    }
  },
})

// Of the language's library the project takes no browser, where this is said.
declare const WebAssembly: { compile(bytes: Uint8Array): Promise<object> }

const require = createRequire(import.meta.url)
const compile = async (path: string): Promise<object> => WebAssembly.compile(await readFile(require.resolve(path)))

const QUALITY = 75

/** @throws for bytes that are no image, in the words of the decoder; it is not to be used again then */
type Decode = (bytes: Buffer) => Promise<Bitmap>

/** Everything but AVIF. */
const loadPlain = async (): Promise<Decode> => {
  const { default: photon } = await import('@silvia-odwyer/photon-node')
  return async (bytes) => {
    const image = photon.PhotonImage.new_from_byteslice(bytes)
    try {
      return { width: image.get_width(), height: image.get_height(), data: image.get_raw_pixels() }
    } finally {
      image.free()
    }
  }
}

const loadAvif = async (): Promise<Decode> => {
  const { default: decode, init } = await import('@jsquash/avif/decode.js')
  await init(await compile('@jsquash/avif/codec/dec/avif_dec.wasm'))
  return async (bytes) => {
    const image: Bitmap | null = await decode(Uint8Array.from(bytes).buffer)
    if (image === null) throw new Error('The AVIF could not be decoded.')
    return image
  }
}

let plain: Promise<Decode> | undefined
let avif: Promise<Decode> | undefined

/** @throws when the program is not whole, which is nothing that an image could be blamed for */
export const decoderOf = (format: ImageFormat): Promise<Decode> => {
  if (format === 'avif') {
    avif ??= loadAvif()
    return avif
  }
  plain ??= loadPlain()
  return plain
}

let webp: Promise<(image: Bitmap, options: { quality: number }) => Promise<ArrayBuffer>> | undefined

const loadWebp = async () => {
  const { default: encode, init } = await import('@jsquash/webp/encode.js')
  await init(await compile('@jsquash/webp/codec/enc/webp_enc_simd.wasm'))
  return encode
}

/** As WebP: with transparency, and nothing of what the image said of its camera and its place. */
export const encode = async (image: Bitmap): Promise<Uint8Array> => {
  webp ??= loadWebp()
  return new Uint8Array(await (await webp)(image, { quality: QUALITY }))
}
