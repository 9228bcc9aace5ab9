import type { Readable } from 'node:stream'
import type { DocumentParser } from './parser/process.ts'
import type { DocumentKind, DocumentText } from './parser/protocol.ts'
import { readBody } from './reading.ts'
import type { Subject } from './repo.ts'

/** A file of a card, to be read. */
export interface OpenedFile {
  readonly sizeBytes: number
  open(signal: AbortSignal): Promise<Readable>
}

/** @returns Undefined when the file is gone. */
export type OpenFile = (accountId: string, fileId: string) => Promise<OpenedFile | undefined>

const MOST_BYTES = 32 * 1024 * 1024
const TEXT_BYTES = 1024 * 1024

const OFFICE = new Set(['docx', 'pptx', 'xlsx', 'odt', 'odp', 'ods', 'epub'])
const TEXTS = new Set(
  'astro bash c cc cfg clj cmake conf cpp cs css csv dart diff env erl ex go graphql groovy h hpp hs ini ipynb java js json json5 jsx kt less log lua m md markdown mdx mjs ml nim php pl plist properties proto ps1 py r rb rs rst sass scala scss sh sql srt svelte swift tex tf toml ts tsv tsx txt vb vtt vue xml yaml yml zig zsh'.split(
    ' ',
  ),
)
const TEXT_TYPES = /^(?:text\/|application\/(?:json|xml|javascript|yaml|toml|sql|x-sh|graphql|[\w.+-]+\+(?:json|xml))$)/

/** What a file is to be read as; undefined for what has no text. */
export const documentKindOf = ({
  fileName,
  mimeType,
}: Pick<Subject, 'fileName' | 'mimeType'>): DocumentKind | undefined => {
  const type = mimeType ?? ''
  const extension = /\.([a-z0-9]{1,12})$/i.exec(fileName ?? '')?.[1]?.toLowerCase() ?? ''
  if (extension === 'pdf' || type === 'application/pdf') return 'pdf'
  if (OFFICE.has(extension)) return 'office'
  if (type.startsWith('image/') || type.startsWith('video/') || type.startsWith('audio/')) return undefined
  if (/^x?html?$/.test(extension) || type === 'text/html') return 'html'
  return TEXTS.has(extension) || TEXT_TYPES.test(type) ? 'text' : undefined
}

/** Whether pictures can be made of a file. */
export const isPicture = ({ mimeType, fileId }: Pick<Subject, 'mimeType' | 'fileId'>): boolean =>
  fileId !== null && (mimeType ?? '').startsWith('image/') && mimeType !== 'image/svg+xml'

/**
 * The text of a file. One that is too large to be read whole has none, but for plain text, of which the beginning is.
 *
 * @throws {AppError} Of `ParserErrors`, and what reading the file fails with
 */
export const textOfFile = async (
  file: OpenedFile,
  kind: DocumentKind,
  mimeType: string,
  { parser, signal }: { readonly parser: DocumentParser; readonly signal: AbortSignal },
): Promise<DocumentText | undefined> => {
  const cuts = kind === 'text' || kind === 'html'
  if (!cuts && file.sizeBytes > MOST_BYTES) return undefined
  const maxBytes = kind === 'text' ? TEXT_BYTES : MOST_BYTES
  return parser.document(await readBody(await file.open(signal), { maxBytes, cuts, signal }), kind, mimeType)
}
