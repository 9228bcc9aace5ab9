import { crc32, deflateSync } from 'node:zlib'
import { strToU8, zipSync } from 'fflate'
import { pngOf, samples, webpOf } from '../../src/files/thumbnails/testing.ts'

/** What is uploaded, and what may become of its card. */
export interface Bomb {
  readonly name: string
  readonly type: string
  readonly bytes: Buffer
}

const MEGABYTE = 1024 * 1024
const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
const ODT = 'application/vnd.oasis.opendocument.text'
const EPUB = 'application/epub+zip'

const bomb = (name: string, type: string, content: string | Uint8Array): Bomb => ({
  name,
  type,
  bytes: typeof content === 'string' ? Buffer.from(content) : Buffer.from(content),
})

const zip = (parts: Record<string, string | Uint8Array>): Uint8Array =>
  zipSync(
    Object.fromEntries(
      Object.entries(parts).map(([name, part]) => [name, typeof part === 'string' ? strToU8(part) : part]),
    ),
    { level: 1 },
  )

/** A ZIP whose many entries are all the same bytes: https://www.bamsoftware.com/hacks/zipbomb/ */
export const overlapping = (entries: number, claimedBytes: number): Buffer => {
  const data = zip({ 'xl/worksheets/sheet0.xml': `<row><c><v>${'7 '.repeat(MEGABYTE)}</v></c></row>` })
  const bytes = Buffer.from(data)
  const directoryAt = bytes.readUInt32LE(bytes.length - 6)
  const directory: Buffer[] = []
  for (let entry = 0; entry < entries; entry += 1) {
    const name = Buffer.from(`xl/worksheets/sheet${entry}.xml`)
    const head = Buffer.from(bytes.subarray(directoryAt, directoryAt + 46))
    head.writeUInt32LE(claimedBytes, 24)
    head.writeUInt16LE(name.length, 28)
    directory.push(head, name)
  }
  const all = Buffer.concat(directory)
  const end = Buffer.from(bytes.subarray(bytes.length - 22))
  end.writeUInt16LE(entries, 8)
  end.writeUInt16LE(entries, 10)
  end.writeUInt32LE(all.length, 12)
  return Buffer.concat([bytes.subarray(0, directoryAt), all, end])
}

/** A PDF of these objects, the first of which is its catalog. */
export const pdf = (...objects: (string | Buffer)[]): Buffer => {
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n')]
  let at = parts[0]?.length ?? 0
  const offsets: number[] = []
  for (const [index, object] of objects.entries()) {
    const part = Buffer.concat([
      Buffer.from(`${index + 1} 0 obj\n`),
      typeof object === 'string' ? Buffer.from(object) : object,
      Buffer.from('\nendobj\n'),
    ])
    offsets.push(at)
    parts.push(part)
    at += part.length
  }
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  const size = objects.length + 1
  return Buffer.concat([
    ...parts,
    Buffer.from(`xref\n0 ${size}\n0000000000 65535 f \n${table}trailer << /Size ${size} /Root 1 0 R >>\n`),
    Buffer.from(`startxref\n${at}\n%%EOF`),
  ])
}

const stream = (bytes: Buffer, extra: string): Buffer =>
  Buffer.concat([Buffer.from(`<< /Length ${bytes.length} ${extra} >>\nstream\n`), bytes, Buffer.from('\nendstream')])

const CATALOG = '<< /Type /Catalog /Pages 2 0 R >>'
const PAGES = '<< /Type /Pages /Kids [3 0 R] /Count 1 >>'
const PAGE = '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>'

const pngChunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const whole = Buffer.alloc(body.length + 8)
  whole.writeUInt32BE(data.length)
  body.copy(whole, 4)
  whole.writeUInt32BE(crc32(body), body.length + 4)
  return whole
}

/** A small PNG with a chunk of ours behind its header. */
const pngWith = (type: string, data: Buffer): Buffer => {
  const small = samples.png
  return Buffer.concat([small.subarray(0, 33), pngChunk(type, data), small.subarray(33)])
}

const jpegOf = (width: number, height: number): Buffer => {
  const jpeg = Buffer.from(samples.jpeg)
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]))
  jpeg.writeUInt16BE(height, frame + 5)
  jpeg.writeUInt16BE(width, frame + 7)
  return jpeg
}

/** @param frame Size of the one frame, which may be more than the whole. */
const gifOf = (width: number, height: number, frame: readonly [number, number]): Buffer => {
  const gif = Buffer.from(samples.gif)
  gif.writeUInt16LE(width, 6)
  gif.writeUInt16LE(height, 8)
  const at = gif.indexOf(0x2c, 13)
  gif.writeUInt16LE(frame[0], at + 5)
  gif.writeUInt16LE(frame[1], at + 7)
  return gif
}

const patched = (bytes: Buffer, write: (copy: Buffer) => void): Buffer => {
  const copy = Buffer.from(bytes)
  write(copy)
  return copy
}

const LAUGHS = `<!DOCTYPE x [<!ENTITY a "lol">${Array.from(
  { length: 25 },
  (_, n) => `<!ENTITY ${String.fromCharCode(98 + n)} "${`&${String.fromCharCode(97 + n)};`.repeat(10)}">`,
).join('')}]>`
const PASSWD = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'

/** Packed texts that are made to fill a memory, or to never be read. */
export const documents = (): Bomb[] => {
  const empty = ' '.repeat(20 * MEGABYTE)
  const packed = zip({ 'word/document.xml': empty })
  return [
    bomb('bomb.docx', DOCX, packed),
    bomb('nested.docx', DOCX, zip({ 'word/document.xml': '<w:p>Outer</w:p>', 'word/embeddings/a.docx': packed })),
    bomb('only-nested.docx', DOCX, zip({ 'a.zip': zip({ 'b.zip': packed }) })),
    bomb(
      'sheets.xlsx',
      XLSX,
      zip(
        Object.fromEntries(
          Array.from({ length: 40 }, (_, n) => [`xl/worksheets/sheet${n}.xml`, '<c>7</c>'.repeat(300_000)]),
        ),
      ),
    ),
    bomb('overlapping.xlsx', XLSX, overlapping(1_500, 2 * MEGABYTE)),
    bomb('overlapping-liar.xlsx', XLSX, overlapping(1_500, 1_000)),
    bomb('bomb.odt', ODT, zip({ 'content.xml': empty })),
    bomb('bomb.epub', EPUB, zip({ 'OEBPS/a.xhtml': empty })),
    bomb(
      'title.docx',
      DOCX,
      zip({
        'word/document.xml': '<w:p>x</w:p>',
        'docProps/core.xml': `<dc:title>${'x'.repeat(20 * MEGABYTE)}</dc:title>`,
      }),
    ),
    bomb('laughs.docx', DOCX, zip({ 'word/document.xml': `${LAUGHS}<w:p>&z;</w:p>` })),
    bomb('external.docx', DOCX, zip({ 'word/document.xml': `${PASSWD}<w:p>before &e; after</w:p>` })),
    bomb('deep.docx', DOCX, zip({ 'word/document.xml': '<w:p>'.repeat(1_000_000) })),
    bomb('attributes.docx', DOCX, zip({ 'word/document.xml': `<w:p ${'a="" '.repeat(1_000_000)}>` })),
    bomb('cut.docx', DOCX, zip({ 'word/document.xml': '<w:p>x</w:p>'.repeat(9_999) }).subarray(0, 300)),
    bomb(
      'many.docx',
      DOCX,
      patched(Buffer.from(zip({ 'word/document.xml': 'x' })), (copy) => copy.writeUInt16LE(65_535, copy.length - 12)),
    ),
    bomb(
      'stream.pdf',
      'application/pdf',
      pdf(
        CATALOG,
        PAGES,
        PAGE,
        stream(deflateSync(deflateSync(Buffer.alloc(64 * MEGABYTE))), '/Filter [/FlateDecode /FlateDecode]'),
      ),
    ),
    bomb('circle.pdf', 'application/pdf', pdf(CATALOG, '<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 1000000000 >>')),
    bomb(
      'tree.pdf',
      'application/pdf',
      pdf(
        CATALOG,
        ...Array.from(
          { length: 60 },
          (_, n) => `<< /Type /Pages /Count 1000000 /Kids [${`${n + 3} 0 R `.repeat(10)}] >>`,
        ),
      ),
    ),
    bomb('arrays.pdf', 'application/pdf', pdf(CATALOG, PAGES, `<< /Type /Page /X ${'['.repeat(1_000_000)} >>`)),
    bomb('dictionaries.pdf', 'application/pdf', pdf(CATALOG, PAGES, '<< /X '.repeat(300_000))),
    bomb('self.pdf', 'application/pdf', pdf('1 0 R')),
    bomb('length.pdf', 'application/pdf', pdf(CATALOG, PAGES, PAGE, '<< /Length 4 0 R >>\nstream\nx\nendstream')),
    bomb(
      'operators.pdf',
      'application/pdf',
      pdf(CATALOG, PAGES, PAGE, stream(deflateSync(Buffer.from('q '.repeat(2_000_000))), '/Filter /FlateDecode')),
    ),
    bomb(
      'form.pdf',
      'application/pdf',
      pdf(
        CATALOG,
        PAGES,
        '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << /XObject << /F 5 0 R >> >> >>',
        stream(Buffer.from('/F Do /F Do'), ''),
        stream(
          Buffer.from('/F Do /F Do'),
          '/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /F 5 0 R >> >>',
        ),
      ),
    ),
    bomb('cut.pdf', 'application/pdf', pdf(CATALOG, PAGES, PAGE).subarray(0, 120)),
    bomb('deep.html', 'text/html', '<div>'.repeat(1_000_000)),
    bomb('attributes.html', 'text/html', `<a ${'b=c '.repeat(500_000)}>`),
    bomb('deep.xml', 'application/xml', `${LAUGHS}<x>&z;</x>${'<a>'.repeat(500_000)}`),
    bomb('deep.json', 'application/json', '['.repeat(1_000_000)),
    bomb('deep.md', 'text/markdown', '> '.repeat(200_000)),
    bomb('brackets.md', 'text/markdown', '[*_`'.repeat(100_000)),
    bomb('one-word.txt', 'text/plain', 'a'.repeat(MEGABYTE)),
    bomb('all-words.txt', 'text/plain', Array.from({ length: 100_000 }, (_, n) => n.toString(36)).join(' ')),
    bomb('marks.txt', 'text/plain', `e${'\u0301'.repeat(400_000)}`),
    bomb('family.txt', 'text/plain', '👨‍👩‍👧‍👦\u200d'.repeat(30_000)),
    bomb('separators.csv', 'text/csv', ',"'.repeat(500_000)),
    bomb('noise.txt', 'text/plain', Buffer.from(Array.from({ length: 100_000 }, (_, n) => 1 + ((n * 7919) % 255)))),
  ]
}

/** Images that say, or are, more than a decoder should take. */
export const pictures = (): Bomb[] => [
  bomb('gigapixels.png', 'image/png', pngOf(60_000, 60_000, deflateSync(Buffer.alloc(100)))),
  bomb('wide.png', 'image/png', pngOf(0x7fff_ffff, 1, deflateSync(Buffer.alloc(100)))),
  bomb('promise.png', 'image/png', pngOf(9_999, 9_999, deflateSync(Buffer.alloc(100)))),
  bomb('line.png', 'image/png', pngOf(99_999_999, 1, deflateSync(Buffer.alloc(100)))),
  bomb('deflate.png', 'image/png', pngOf(10, 10, deflateSync(Buffer.alloc(64 * MEGABYTE)))),
  bomb(
    'text.png',
    'image/png',
    pngWith('zTXt', Buffer.concat([Buffer.from('Comment\0\0'), deflateSync(Buffer.alloc(64 * MEGABYTE))])),
  ),
  bomb(
    'profile.png',
    'image/png',
    pngWith('iCCP', Buffer.concat([Buffer.from('x\0\0'), deflateSync(Buffer.alloc(64 * MEGABYTE))])),
  ),
  bomb('cut.png', 'image/png', samples.png.subarray(0, 40)),
  bomb('gigapixels.jpg', 'image/jpeg', jpegOf(65_500, 65_500)),
  bomb('promise.jpg', 'image/jpeg', jpegOf(3_000, 3_000)),
  bomb('cut.jpg', 'image/jpeg', samples.jpeg.subarray(0, 100)),
  bomb('gigapixels.gif', 'image/gif', gifOf(65_535, 65_535, [65_535, 65_535])),
  bomb('frame.gif', 'image/gif', gifOf(8, 4, [65_535, 65_535])),
  bomb(
    'frames.gif',
    'image/gif',
    Buffer.concat([
      samples.gif.subarray(0, -1),
      ...new Array(20_000).fill(samples.gif.subarray(19, -1)),
      Buffer.from(';'),
    ]),
  ),
  bomb('gigapixels.webp', 'image/webp', webpOf([16_384, 16_384], [16_383, 16_383])),
  bomb('frame.webp', 'image/webp', webpOf([8, 4], [2_000, 2_000])),
  bomb(
    'below-zero.bmp',
    'image/bmp',
    patched(samples.bmp, (copy) => copy.writeInt32LE(-0x8000_0000, 22)),
  ),
  bomb(
    'promise.bmp',
    'image/bmp',
    patched(samples.bmp, (copy) => {
      copy.writeInt32LE(9_999, 18)
      copy.writeInt32LE(9_999, 22)
    }),
  ),
  bomb(
    'circle.tiff',
    'image/tiff',
    patched(samples.tiff, (copy) => copy.writeUInt32LE(copy.length, 4)),
  ),
  bomb(
    'noise.avif',
    'image/avif',
    patched(samples.avif, (copy) => copy.fill(0xa5, 250)),
  ),
  bomb('laughs.svg', 'image/svg+xml', `${LAUGHS}<svg xmlns="http://www.w3.org/2000/svg"><text>&z;</text></svg>`),
  bomb(
    'script.svg',
    'image/svg+xml',
    `${PASSWD}<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script><text>&e;</text></svg>`,
  ),
]
