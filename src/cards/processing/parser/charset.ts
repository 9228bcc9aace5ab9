// Where a document may say what it is written in: https://html.spec.whatwg.org/#determining-the-character-encoding
const PRESCAN_BYTES = 4096
const META =
  /<meta[^>]{0,1000}?charset\s*=\s*["']?\s*([a-z0-9_:.-]{1,40})|<\?xml[^>]{0,200}?encoding\s*=\s*["']([a-z0-9_:.-]{1,40})/i
const HEADER = /charset\s*=\s*["']?([a-z0-9_:.-]{1,40})/i

/**
 * The text of a document: by its byte order mark, then by what its server says, then by what it says itself. Without
 * any of these it is UTF-8 if it can be, and else Windows-1252, as browsers have it.
 *
 * @param contentType The header, if there was one.
 */
export const decodeText = (bytes: Uint8Array, contentType: string | undefined): string => {
  const marked = byMark(bytes)
  if (marked !== undefined) return new TextDecoder(marked).decode(bytes)
  const named = decoderOf(HEADER.exec(contentType ?? '')?.[1]) ?? decoderOf(declared(bytes))
  if (named !== undefined) return named.decode(bytes)
  try {
    // A document may be cut in the middle of a character, which is no reason to take it for something else.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

const byMark = ([a, b, c]: Uint8Array): string | undefined => {
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8'
  if (a === 0xfe && b === 0xff) return 'utf-16be'
  return a === 0xff && b === 0xfe ? 'utf-16le' : undefined
}

const declared = (bytes: Uint8Array): string | undefined => {
  const found = META.exec(new TextDecoder('latin1').decode(bytes.subarray(0, PRESCAN_BYTES)))
  const label = found?.[1] ?? found?.[2]
  // It could be read as ASCII, so whatever it says, it is not that.
  return label !== undefined && /^utf-?16/i.test(label) ? 'utf-8' : label
}

const decoderOf = (label: string | undefined): InstanceType<typeof TextDecoder> | undefined => {
  if (label === undefined) return undefined
  try {
    return new TextDecoder(label)
  } catch {
    return undefined
  }
}
