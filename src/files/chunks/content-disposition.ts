const FALLBACK_NAME = 'file'

// Control characters would end the header or the terminal's line; marks of direction let `gpj.exe` look like `exe.jpg`.
const UNSAFE = /[\p{Cc}\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/gu
const SEPARATORS = /[/\\]/g

// What may stand in `filename*` as it is: attr-char of RFC 8187.
const NOT_ATTR_CHAR = /[^A-Za-z0-9!#$&+.^_`|~-]/gu

/**
 * Builds the Content-Disposition header of a download.
 *
 * `filename` is ASCII for old clients. `filename*` follows where that loses something, and wins where it is understood.
 * The result is always one line of printable ASCII, whatever the name holds.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6266 and https://www.rfc-editor.org/rfc/rfc8187
 */
export const contentDisposition = (type: 'inline' | 'attachment', fileName: string): string => {
  const name = safeName(fileName)
  const ascii = asciiName(name)
  return ascii === name
    ? `${type}; filename="${ascii}"`
    : `${type}; filename="${ascii}"; filename*=UTF-8''${encode(name)}`
}

const safeName = (fileName: string): string =>
  orFallback(fileName.toWellFormed().replace(UNSAFE, '').replace(SEPARATORS, '_').trim())

/** Letters lose their accents; what then is not ASCII, or is read differently by different clients, becomes `_`. */
const asciiName = (name: string): string => {
  const letters = name.normalize('NFKD').replace(/\p{M}/gu, '')
  // Checked again: a name of accents only is empty now, and one character may have become two dots.
  return orFallback(letters.replace(/[^\x20-\x7e]/gu, '_').replace(/["\\%/]/g, '_'))
}

const orFallback = (name: string): string => (['', '.', '..'].includes(name.trim()) ? FALLBACK_NAME : name)

const encode = (name: string): string =>
  Array.from(name, (character) => character.replace(NOT_ATTR_CHAR, percentEncoded)).join('')

const percentEncoded = (character: string): string =>
  Array.from(Buffer.from(character, 'utf8'), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
