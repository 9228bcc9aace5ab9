import { Readable } from 'node:stream'
import { text as textIn } from 'node:stream/consumers'
import { Parser } from 'htmlparser2'
import { openArchive, type ZipEntry } from '../../imports/sources/zip-reader.ts'
import type { DocumentText } from './protocol.ts'

const MOST_PART_BYTES = 32 * 1024 * 1024
const MOST_BYTES = 64 * 1024 * 1024
// XML packs to a tenth or a fiftieth; what promises more than this is made to fill a memory.
const MOST_RATIO = 200
const RATIO_FROM_BYTES = 1024 * 1024
const MOST_PARTS = 2_000
const MOST_CHARS = 200_000

// Where the text is: of Word, PowerPoint, Excel, OpenDocument and EPUB.
const PARTS = [
  /^word\/(?:document|footnotes|endnotes|comments|header\d*|footer\d*)\.xml$/,
  /^ppt\/(?:slides|notesSlides)\/(?:slide|notesSlide)\d+\.xml$/,
  /^xl\/(?:sharedStrings|worksheets\/sheet\d+)\.xml$/,
  /^content\.xml$/,
  /^(?:OEBPS|OPS|EPUB|epub|text|Text)?\/?[^.]*\.x?html?$/,
]
const TITLE_PARTS = ['docProps/core.xml', 'meta.xml']

/** The text of a document that is a ZIP of XML. @throws when it unpacks to more than a document does */
export const readOffice = async (bytes: Uint8Array): Promise<DocumentText> => {
  const archive = await openArchive({
    sizeBytes: bytes.length,
    read: async (from, to) => Readable.from([bytes.subarray(from, to + 1)]),
  })
  const parts = [...archive.entries.values()]
    .filter(({ name }) => PARTS.some((part) => part.test(name)))
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
  if (parts.length === 0) throw new Error('No part of it is known to hold text.')
  const about = TITLE_PARTS.map((name) => archive.entries.get(name)).find((part) => part !== undefined)
  assertDocument(about === undefined ? parts : [...parts, about])
  let text = ''
  for (const part of parts) {
    if (text.length >= MOST_CHARS) break
    text += `${xmlText(await textIn(archive.open(part)), part.name)}\n`
  }
  const slides = parts.filter(({ name }) => name.startsWith('ppt/slides/')).length
  const title = about === undefined ? '' : titleIn(await textIn(archive.open(about)))
  return { text: tidy(text), title: title === '' ? null : title, slideCount: slides === 0 ? null : slides }
}

/** The sizes are the document's own claim, and a part that has more bytes than it claims is given up there. */
const assertDocument = (parts: readonly ZipEntry[]): void => {
  const total = parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const isBomb = parts.some(
    ({ sizeBytes, packedBytes }) =>
      sizeBytes > MOST_PART_BYTES || (sizeBytes > RATIO_FROM_BYTES && sizeBytes > packedBytes * MOST_RATIO),
  )
  if (isBomb || total > MOST_BYTES || parts.length > MOST_PARTS)
    throw new Error('It unpacks to more than a document does.')
}

// An XML parser that knows the five entities of XML and no declaration of others: nothing in it can grow.
const parseXml = (
  xml: string,
  handler: {
    open?(name: string, attributes: Record<string, string>): void
    text(text: string): void
    close?(name: string): void
  },
): void => {
  const parser = new Parser(
    {
      onopentag: (name, attributes) => handler.open?.(name, attributes),
      ontext: handler.text,
      onclosetag: (name) => handler.close?.(name),
    },
    { xmlMode: true, decodeEntities: true },
  )
  parser.write(xml)
  parser.end()
}

const ENDS_LINE = new Set([
  'w:p',
  'a:p',
  'si',
  'row',
  'text:p',
  'text:h',
  'table:table-row',
  'p',
  'div',
  'li',
  'h1',
  'h2',
  'h3',
])
const ENDS_CELL = new Set(['c', 'w:tc', 'w:tab', 'w:br', 'table:table-cell', 'text:tab', 'text:s'])
// Of a sheet: places in the list of shared texts, which are no words, and formulas.
const SILENT = new Set(['f', 'style', 'script', 'head', 'w:instrText', 'office:automatic-styles'])

const xmlText = (xml: string, name: string): string => {
  const isSheet = name.startsWith('xl/worksheets/')
  const pieces: string[] = []
  let silent = 0
  let isShared = false
  parseXml(xml, {
    open(element, attributes) {
      if (SILENT.has(element)) silent += 1
      if (isSheet && element === 'c') isShared = attributes.t === 's'
    },
    text(text) {
      if (silent === 0 && !isShared) pieces.push(text)
    },
    close(element) {
      if (SILENT.has(element)) silent -= 1
      if (element === 'c') isShared = false
      if (ENDS_LINE.has(element)) pieces.push('\n')
      else if (ENDS_CELL.has(element)) pieces.push(' ')
    },
  })
  return pieces.join('')
}

const titleIn = (xml: string): string => {
  let title = ''
  let isIn = false
  parseXml(xml, {
    open: (name) => {
      isIn = name === 'dc:title'
    },
    text: (text) => {
      if (isIn) title += text
    },
    close: () => {
      isIn = false
    },
  })
  return title.trim()
}

const tidy = (text: string): string =>
  text
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n[ \n]*/g, '\n')
    .trim()
