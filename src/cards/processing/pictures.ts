import { Readable } from 'node:stream'
import type { OpenedFile } from './attachments.ts'
import { type ColorShare, colorsOf } from './colors.ts'
import { imageTypeOf } from './images.ts'
import type { Preview } from './previews.ts'

/** What looks at images, in a process of its own. */
export interface ImageInspector {
  inspect(
    source: { readonly sizeBytes: number; open(signal: AbortSignal): Promise<Readable> },
    wish: { readonly edges?: readonly number[]; readonly pixels?: number; readonly when?: 'now' | 'later' },
  ): Promise<{
    readonly width: number
    readonly height: number
    readonly thumbnails: readonly { readonly bytes: Buffer }[]
    readonly pixels: { readonly rgba: Buffer } | undefined
  }>
}

export interface Picture {
  readonly width: number
  readonly height: number
  readonly colors: readonly ColorShare[]
  readonly preview: Preview | undefined
}

const IMAGE_EDGE = 1200
const THUMBNAIL_EDGE = 512
const SAMPLE_EDGE = 128
/** What is kept of a picture that nothing smaller could be made of. */
const MOST_ORIGINAL_BYTES = 2 * 1024 * 1024

export type PictureMaker = ReturnType<typeof pictureMaker>

/** Smaller pictures, and what they look like. */
export const pictureMaker = (images: ImageInspector) => {
  const look = async (file: OpenedFile, kind: Preview['kind'], edge: number): Promise<Picture> => {
    const facts = await images.inspect(file, { edges: [edge], pixels: SAMPLE_EDGE, when: 'later' })
    const [made] = facts.thumbnails
    const preview = made === undefined ? undefined : { kind, mediaType: 'image/webp', bytes: made.bytes }
    const colors = facts.pixels === undefined ? [] : colorsOf(facts.pixels.rgba)
    return { width: facts.width, height: facts.height, colors, preview }
  }

  return {
    /** Of the image of a card. @throws when it cannot be decoded */
    ofFile: (file: OpenedFile): Promise<Picture> => look(file, 'thumbnail', THUMBNAIL_EDGE),

    /** The picture that a page names: smaller, or as it is where our decoders do not know it and it is small enough. */
    async ofLink(bytes: Buffer): Promise<Preview | undefined> {
      const source = { sizeBytes: bytes.length, open: async () => Readable.from([bytes]) }
      const made = await look(source, 'image', IMAGE_EDGE).catch(() => undefined)
      if (made?.preview !== undefined) return made.preview
      const mediaType = imageTypeOf(bytes)
      return mediaType === undefined || bytes.length > MOST_ORIGINAL_BYTES
        ? undefined
        : { kind: 'image', mediaType, bytes }
    },
  }
}
