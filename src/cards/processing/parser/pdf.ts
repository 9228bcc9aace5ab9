import { getDocumentProxy } from 'unpdf'
import type { DocumentText } from './protocol.ts'

const MOST_PAGES = 1_000
const MOST_CHARS = 200_000

/** The text of a PDF, page by page, until there is enough. Scanned pages have none. */
export const readPdf = async (bytes: Uint8Array): Promise<DocumentText> => {
  const pdf = await getDocumentProxy(new Uint8Array(bytes), {
    verbosity: 0,
    stopAtErrors: false,
    useSystemFonts: false,
    disableFontFace: true,
  })
  const pages: string[] = []
  let chars = 0
  for (let number = 1; number <= Math.min(pdf.numPages, MOST_PAGES) && chars < MOST_CHARS; number += 1) {
    const page = await pdf.getPage(number)
    const { items } = await page.getTextContent()
    const text = items.map((item) => ('str' in item ? `${item.str}${item.hasEOL ? '\n' : ''}` : '')).join('')
    page.cleanup()
    pages.push(text)
    chars += text.length
  }
  const { info } = await pdf.getMetadata().catch(() => ({ info: undefined }))
  return { text: pages.join('\n'), title: titleOf(info), slideCount: null }
}

const titleOf = (info: unknown): string | null => {
  const title = typeof info === 'object' && info !== null && 'Title' in info ? info.Title : undefined
  return typeof title === 'string' && title.trim() !== '' ? title.trim() : null
}
