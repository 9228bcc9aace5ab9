/** What of a card can be found, in the order in which it enters the index: when a card is too long, its end is cut. */
export const FIELDS = ['title', 'tags', 'url', 'description', 'notes', 'content', 'text'] as const
export type Field = (typeof FIELDS)[number]

/** The words of each field. */
export type IndexedWords = Readonly<Record<Field, readonly string[]>>

// Scripts that put no space between words: each character is a word, and a word of a query becomes a phrase.
const UNSPACED =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}'
const WORD = new RegExp(
  `[${UNSPACED}]\\p{M}*|[[\\p{L}\\p{N}]--[${UNSPACED}]][[\\p{L}\\p{N}\\p{M}]--[${UNSPACED}]]*|\\p{Extended_Pictographic}`,
  'gv',
)
const UNSPACED_WORD = new RegExp(`^[${UNSPACED}]`, 'v')
const ASCII = /^[\0-\x7f]*$/
const ASCII_WORD = /[a-z0-9]+/g

const MAX_WORD_LENGTH = 100

// PostgreSQL refuses a document whose different words take more than 1 MiB.
const MAX_INDEX_BYTES = 900_000
const NEW_WORD_BYTES = 8

/**
 * Cuts a text into the words by which it is found: lower case, without the accents of Latin, Greek and Cyrillic
 * letters. The same for both databases, so that both find the same.
 *
 * @returns Words made of letters, digits and their marks, or single pictographs: nothing that a query syntax uses.
 */
export const wordsOf = (text: string): string[] => {
  if (ASCII.test(text)) return (text.toLowerCase().match(ASCII_WORD) ?? []).map(shorten)
  return (fold(text).match(WORD) ?? []).map(shorten)
}

// To upper case first, because ß and ı have two spellings only there; then the sigma at a word's end.
const fold = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toUpperCase()
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, '')
    .replaceAll('ς', 'σ')
    .normalize('NFC')

const shorten = (word: string): string => {
  if (word.length <= MAX_WORD_LENGTH) return word
  const cut = word.slice(0, MAX_WORD_LENGTH)
  return cut.isWellFormed() ? cut : cut.slice(0, -1)
}

/** True for one character of a script that is written without spaces. */
export const isUnspaced = (word: string): boolean => word.charCodeAt(0) > 0x7f && UNSPACED_WORD.test(word)

/**
 * Neighbouring characters of scripts without spaces, two by two: most texts have most characters, but few have a pair.
 */
export const pairsOf = (words: readonly string[]): string[] => {
  const pairs: string[] = []
  for (let at = 1; at < words.length; at += 1) {
    const [one = '', two = ''] = [words[at - 1], words[at]]
    if (isUnspaced(one) && isUnspaced(two)) pairs.push(one + two)
  }
  return pairs
}

/**
 * The words of a card, up to what an index takes of one document. A text of 512 KiB fits unless nearly every word of
 * it is a new one.
 */
export const indexedWords = (texts: Readonly<Record<Field, string>>): IndexedWords => {
  const seen = new Set<string>()
  let bytes = 0
  const fits = (word: string): boolean => {
    if (!seen.has(word)) {
      seen.add(word)
      bytes += Buffer.byteLength(word) + NEW_WORD_BYTES
    }
    return bytes <= MAX_INDEX_BYTES
  }
  const take = (text: string): string[] => {
    const words = wordsOf(text)
    const end = words.findIndex((word) => !fits(word))
    return end < 0 ? words : words.slice(0, end)
  }
  return {
    title: take(texts.title),
    tags: take(texts.tags),
    url: take(texts.url),
    description: take(texts.description),
    notes: take(texts.notes),
    content: take(texts.content),
    text: take(texts.text),
  }
}
