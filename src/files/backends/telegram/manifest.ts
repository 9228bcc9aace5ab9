import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'

/** What an object belongs to, for the day on which only the channel is left: a few short values, no names. */
export type ObjectAbout = Readonly<Record<string, string | number>>

/** What the caption of a message says of its document. */
export interface Manifest {
  readonly objectId: string
  readonly attemptId: string
  readonly sizeBytes: number
  /** Of the document. */
  readonly sha256: Buffer
  readonly about: ObjectAbout
}

const MARK = 'LK1'
const MAC_BYTES = 16
/** @see https://core.telegram.org/bots/api#senddocument */
const MAX_CAPTION = 1024

const Body = z.object({
  o: z.string(),
  t: z.string(),
  l: z.int().positive(),
  h: z.base64url().length(43),
  a: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
})

export type Manifests = ReturnType<typeof manifests>

/**
 * Captions by which a message tells whose it is: `LK1.<JSON in base64url>.<HMAC>`. The HMAC says that this installation
 * wrote it, so that nothing which somebody else posts into a channel is taken for a part of a file.
 *
 * @param secret Of this installation, `ENCRYPTION_KEY`.
 */
export const manifests = (secret: string) => {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'latchkey:telegram manifests', 32))
  const macOf = (text: string) => createHmac('sha256', key).update(text).digest().subarray(0, MAC_BYTES)

  const sign = (body: z.input<typeof Body>): string => {
    const text = `${MARK}.${Buffer.from(JSON.stringify(body)).toString('base64url')}`
    return `${text}.${macOf(text).toString('base64url')}`
  }

  return {
    /** @returns At most 1024 characters; without `about` if it is too long, which then is not what saves the day. */
    toCaption({ objectId, attemptId, sizeBytes, sha256, about }: Manifest): string {
      const body = { o: objectId, t: attemptId, l: sizeBytes, h: sha256.toString('base64url') }
      const caption = sign(Object.keys(about).length === 0 ? body : { ...body, a: about })
      return caption.length <= MAX_CAPTION ? caption : sign(body)
    },

    /** @returns Undefined for whatever this installation did not write. */
    parse(caption: string | undefined): Manifest | undefined {
      const [, text = '', body = '', mac = ''] = /^(LK1\.([\w-]+))\.([\w-]+)$/.exec(caption ?? '') ?? []
      const given = Buffer.from(mac, 'base64url')
      if (given.length !== MAC_BYTES || !timingSafeEqual(given, macOf(text))) return undefined
      const parsed = Body.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString()))
      if (!parsed.success) return undefined
      const { o, t, l, h, a = {} } = parsed.data
      return { objectId: o, attemptId: t, sizeBytes: l, sha256: Buffer.from(h, 'base64url'), about: a }
    },
  }
}
