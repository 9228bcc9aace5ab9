import { z } from 'zod'
import type { TestAccount } from '../../test/app.ts'

const Json = z.record(z.string(), z.unknown())

/** A request with a JSON body. */
export const json = (method: string, body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json', ...headers },
})

/** Status and code of an answer that was a failure. */
export const failureOf = async (response: Response): Promise<[status: number, code: unknown]> => [
  response.status,
  Json.parse(await response.json()).code,
]

const text = z.string().nullable()
const moment = z.int().min(0)

/**
 * A card as published, key for key and type for type: written down once more, so that a change of the contract that would
 * break clients is noticed. Some refuse a whole answer when one field is missing or of another type.
 */
export const PublishedCard = z.strictObject({
  aiSummary: text,
  aiTags: z.array(z.string()),
  appUrl: z.url(),
  content: z.string(),
  createdAt: moment,
  fileUrl: z.url().nullable(),
  fileExtension: text,
  fileKind: text,
  fileLanguage: text,
  fileName: text,
  filePreview: z
    .strictObject({
      animated: z.boolean(),
      archiveDirectoryCount: z.int(),
      archiveFileCount: z.int(),
      colorVariableCount: z.int(),
      inspectedEntryCount: z.int(),
      slideCount: z.int(),
    })
    .partial()
    .nullable(),
  fileSize: moment.nullable(),
  id: z.string().min(1),
  isFavorited: z.boolean(),
  linkPreviewImageUrl: z.url().nullable(),
  metadataDescription: text,
  metadataTitle: text,
  mimeType: text,
  notes: text,
  screenshotUrl: z.url().nullable(),
  tags: z.array(z.string()),
  thumbnailUrl: z.url().nullable(),
  type: z.enum(['text', 'link', 'image', 'video', 'audio', 'document', 'palette', 'quote']),
  updatedAt: moment,
  url: text,
})

const Upload = z.object({
  uploadUrl: z.string(),
  fileKey: z.string(),
  method: z.literal('PUT'),
  maxFileSize: z.number(),
  expiresIn: z.number(),
})
export type Upload = z.infer<typeof Upload>

/** Announces a file. */
export const announce = async (
  ada: TestAccount,
  fileName: string,
  bytes: Uint8Array<ArrayBuffer>,
  mimeType: string,
): Promise<Upload> =>
  Upload.parse(
    await (await ada.fetch('/v1/uploads', json('POST', { fileName, fileSize: bytes.length, mimeType }))).json(),
  )

/** Announces a file and sends it. @returns What the card is to be made of. */
export const uploadFile = async (
  ada: TestAccount,
  fileName: string,
  bytes: Uint8Array<ArrayBuffer>,
  mimeType: string,
): Promise<{ fileKey: string; fileEtag: string; fileName: string; fileSize: number; mimeType: string }> => {
  const { uploadUrl, fileKey } = await announce(ada, fileName, bytes, mimeType)
  const response = await fetch(uploadUrl, { method: 'PUT', body: bytes, headers: { 'content-type': mimeType } })
  if (response.status !== 200) throw new Error(`The upload failed: ${await response.text()}`)
  return { fileKey, fileEtag: response.headers.get('etag') ?? '', fileName, fileSize: bytes.length, mimeType }
}

/** Waits until something is so, for what the server does in its own time. */
export const eventually = async (isSo: () => Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 20_000
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('It did not happen in time.')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A clock that is set by hand: `ahead` milliseconds in front of the system's. */
export const movableClock = () => {
  let aheadMs = 0
  return {
    now: () => new Date(Date.now() + aheadMs),
    monotonicMs: () => performance.now() + aheadMs,
    advance(ms: number): void {
      aheadMs += ms
    },
  }
}
