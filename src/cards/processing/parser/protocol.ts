import { z } from 'zod'

const text = z.string().max(4_100).nullable()

/** What a page says of itself, and the text of its article. */
export const PageDetails = z.object({
  title: text,
  description: text,
  siteName: text,
  author: text,
  publisher: text,
  publishedAt: z.number().nullable(),
  canonicalUrl: text,
  imageUrl: text,
  /** Best first. */
  iconUrls: z.array(z.string().max(4_100)).max(3),
  text: z.string().max(200_000),
})
export type PageDetails = z.infer<typeof PageDetails>

/** The text of a document. */
export const DocumentText = z.object({
  text: z.string().max(200_000),
  title: text,
  slideCount: z.number().int().nullable(),
})
export type DocumentText = z.infer<typeof DocumentText>

/** The kinds of documents whose text is found. */
export const DOCUMENT_KINDS = ['pdf', 'office', 'html', 'text'] as const
export type DocumentKind = (typeof DOCUMENT_KINDS)[number]

/** What the parser's process is asked. */
export type ParserTask =
  | {
      readonly task: 'page'
      readonly bytes: Uint8Array
      readonly contentType: string | undefined
      readonly url: string
    }
  | { readonly task: 'document'; readonly bytes: Uint8Array; readonly kind: DocumentKind; readonly contentType: string }

/** What it answers. It has read what strangers wrote, so its word is checked like theirs. */
export const ParserReply = z.union([
  z.object({ page: PageDetails }),
  z.object({ document: DocumentText }),
  z.object({ failed: z.string() }),
])
