import { Readable } from 'node:stream'
import { AppError, defineErrors } from '../../platform/errors.ts'
import type { OpenedFile } from './attachments.ts'
import { type ColorShare, colorsOf } from './colors.ts'
import { imageTypeOf } from './images.ts'
import type { Preview } from './previews.ts'

/** Why an image has no small picture, and why another attempt would not change that. */
export const PictureErrors = defineErrors({
  PICTURE_UNKNOWN: [422, 'Images of this kind cannot be made smaller here.'],
  PICTURE_TOO_LARGE: [422, 'The image has more bytes or pixels than are looked at.'],
  PICTURE_UNREADABLE: [422, 'The image is damaged, or not what it says it is.'],
  PICTURE_TOO_COMPLEX: [422, 'Looking at the image takes more time or memory than one may take.'],
})

// By the `reason` that the inspector's errors carry. Others pass, such as too many that wait.
const REASONS = new Map<unknown, (typeof PictureErrors)[keyof typeof PictureErrors]>([
  ['unsupported', PictureErrors.PICTURE_UNKNOWN],
  ['too-large', PictureErrors.PICTURE_TOO_LARGE],
  ['unreadable', PictureErrors.PICTURE_UNREADABLE],
  ['failed', PictureErrors.PICTURE_TOO_COMPLEX],
])

const toPictureError = (error: unknown): unknown => {
  const entry = error instanceof Error && 'reason' in error ? REASONS.get(error.reason) : undefined
  return entry === undefined ? error : new AppError(entry, { cause: error })
}

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

/** The picture of a page; its size where our decoders know it. */
export interface LinkPicture {
  readonly preview: Preview
  readonly width?: number
  readonly height?: number
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
    const wish = { edges: [edge], pixels: SAMPLE_EDGE, when: 'later' as const }
    const facts = await images.inspect(file, wish).catch((error: unknown) => {
      throw toPictureError(error)
    })
    const [made] = facts.thumbnails
    const preview = made === undefined ? undefined : { kind, mediaType: 'image/webp', bytes: made.bytes }
    const colors = facts.pixels === undefined ? [] : colorsOf(facts.pixels.rgba)
    return { width: facts.width, height: facts.height, colors, preview }
  }

  return {
    /** Of the image of a card. @throws {AppError} Of `PictureErrors`; and what another attempt may change */
    ofFile: (file: OpenedFile): Promise<Picture> => look(file, 'thumbnail', THUMBNAIL_EDGE),

    /** The picture that a page names: smaller, or as it is where our decoders do not know it and it is small enough. */
    async ofLink(bytes: Buffer): Promise<LinkPicture | undefined> {
      const source = { sizeBytes: bytes.length, open: async () => Readable.from([bytes]) }
      const made = await look(source, 'image', IMAGE_EDGE).catch(() => undefined)
      const size = made === undefined ? {} : { width: made.width, height: made.height }
      if (made?.preview !== undefined) return { preview: made.preview, ...size }
      const mediaType = imageTypeOf(bytes)
      return mediaType === undefined || bytes.length > MOST_ORIGINAL_BYTES
        ? undefined
        : { preview: { kind: 'image', mediaType, bytes }, ...size }
    },
  }
}
