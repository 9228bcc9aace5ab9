import { FILE_TYPES, type FileType } from '../../../../src/files/files/contract.ts'

/** What a search says: words of the name, and conditions that stand as `name:value` among them. */
export interface SearchWords {
  /** Part of a file's name. */
  readonly term?: string
  readonly type?: FileType
  /** `image/png`, or `image/` for all images. */
  readonly mime?: string
  /** Days, `2026-01-15`: since the first moment of it, and before the first moment of it. */
  readonly after?: string
  readonly before?: string
  /** Only the folder that is open. */
  readonly here?: true
}

const DAY = /^\d{4}-\d{2}-\d{2}$/
const isDay = (text: string): boolean => DAY.test(text) && !Number.isNaN(Date.parse(text))

const readCondition = (word: string): Partial<SearchWords> | undefined => {
  const [name = '', value = ''] = [word.slice(0, word.indexOf(':')), word.slice(word.indexOf(':') + 1)]
  const type = FILE_TYPES.find((known) => known === value.toLowerCase())
  if (name === 'type' && type !== undefined) return { type }
  if (name === 'mime' && value !== '') return { mime: value.toLowerCase() }
  if (name === 'after' && isDay(value)) return { after: value }
  if (name === 'before' && isDay(value)) return { before: value }
  if (name === 'in' && value === 'here') return { here: true }
  return undefined
}

/** Reads a search. What looks like a condition and is none is looked for in names. */
export const parseSearch = (text: string): SearchWords => {
  const words: string[] = []
  let found: SearchWords = {}
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const condition = readCondition(word)
    if (condition === undefined) words.push(word)
    else found = { ...found, ...condition }
  }
  return words.length === 0 ? found : { term: words.join(' '), ...found }
}

/** The text that is read as this. */
export const searchText = ({ term, type, mime, after, before, here }: SearchWords): string =>
  [
    term,
    type && `type:${type}`,
    mime && `mime:${mime}`,
    after && `after:${after}`,
    before && `before:${before}`,
    here && 'in:here',
  ]
    .filter((part) => part !== undefined && part !== '')
    .join(' ')

export const without = (words: SearchWords, name: keyof SearchWords): SearchWords => {
  const { [name]: _gone, ...rest } = words
  return rest
}
