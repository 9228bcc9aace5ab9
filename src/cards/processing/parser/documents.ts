import { decodeText } from './charset.ts'
import { cut, readPage } from './page.ts'
import type { DocumentKind, DocumentText } from './protocol.ts'

const MOST_TEXT_BYTES = 1024 * 1024
const MOST_TEXT_CHARS = 200_000
const PROBE_BYTES = 8192

/** The text of a document, up to what is kept of one. @throws when it is not of its kind, or damaged */
export const readDocument = async (
  bytes: Uint8Array,
  kind: DocumentKind,
  contentType: string,
): Promise<DocumentText> => {
  if (kind === 'text') return readText(bytes, contentType)
  if (kind === 'html') {
    const { title, text } = readPage(
      decodeText(bytes.subarray(0, 2 * MOST_TEXT_BYTES), contentType),
      'http://localhost/',
    )
    return { title, text, slideCount: null }
  }
  // What these need is loaded for those who have such documents.
  const found =
    kind === 'pdf'
      ? await (await import('./pdf.ts')).readPdf(bytes)
      : await (await import('./office.ts')).readOffice(bytes)
  return {
    title: found.title === null ? null : cut(found.title, 1000),
    text: cut(found.text, MOST_TEXT_CHARS),
    slideCount: found.slideCount,
  }
}

const readText = (bytes: Uint8Array, contentType: string): DocumentText => {
  const isWide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  if (!isWide && bytes.subarray(0, PROBE_BYTES).includes(0)) throw new Error('This is no text.')
  return {
    title: null,
    text: cut(decodeText(bytes.subarray(0, MOST_TEXT_BYTES), contentType), MOST_TEXT_CHARS),
    slideCount: null,
  }
}
