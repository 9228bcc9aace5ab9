import { Parser } from 'htmlparser2'
import { unreadable } from '../errors.ts'
import { type Entry, momentOf, type Saved, savedEntry } from './entry.ts'
import { linesOf } from './text.ts'

/** Of one tag with its attributes, such as an icon: none is longer. */
const MAX_TAG_LENGTH = 4 * 1024 * 1024
const MAX_NOTE_LENGTH = 600_000
const MAX_FOLDERS = 100

/** Folders that every browser has, and that nobody has named. */
const UNNAMED = ['personal_toolbar_folder', 'unfiled_bookmarks_folder']
const UNNAMED_TITLES = new Set([
  'bookmarks bar',
  'bookmarks menu',
  'bookmarks toolbar',
  'favorites bar',
  'other bookmarks',
])

interface Open extends Saved {
  readonly tags: readonly string[]
}

/**
 * Bookmarks as browsers export them, and the lists of Pocket before it had tables. Folders become tags.
 *
 * @see https://learn.microsoft.com/en-us/previous-versions/windows/internet-explorer/ie-developer/platform-apis/aa753582(v=vs.85)
 */
export async function* bookmarkEntries(pieces: AsyncIterable<string>): AsyncGenerator<Entry> {
  const reader = bookmarkReader()
  let fed = 0
  for await (const { number, text, isEnd } of linesOf(pieces)) {
    const piece = isEnd ? `${text}\n` : text
    yield* reader.read(piece, number)
    fed += piece.length
    if (fed - reader.position() > MAX_TAG_LENGTH) throw unreadable(`A tag in line ${number} never ends.`)
  }
  yield* reader.end()
}

const bookmarkReader = () => {
  const found: Entry[] = []
  const folders: (string | undefined)[] = []
  let line = 1
  /** Of the heading, the link or the note that is open. */
  let [place, text, isUnnamed] = ['', '', false]
  /** The list that the next `dl` is. */
  let [folder, archived]: [string | undefined, boolean] = [undefined, false]
  let link: Open | undefined

  const flush = (): void => {
    if (link === undefined) return
    const note = place === 'dd' ? text : ''
    found.push(savedEntry({ ...link, notes: [note] }))
    link = undefined
    if (place === 'dd') place = ''
  }
  const openLink = (attributes: Readonly<Record<string, string>>): void => {
    flush()
    const { href, add_date, time_added, tags = '', toread } = attributes
    const named = folders.filter((name) => name !== undefined)
    const marks = [...(toread === '1' ? ['toread'] : []), ...(archived ? ['archived'] : [])]
    link = {
      line,
      url: href,
      tags: [...named, ...tags.split(','), ...marks],
      createdAt: momentOf(add_date ?? time_added),
    }
  }
  const begin = (name: string): void => {
    place = name
    text = ''
  }

  const parser = new Parser(
    {
      onopentag(name, attributes) {
        if (name === 'a') {
          openLink(attributes)
          begin('a')
        } else if (name === 'dd' && link !== undefined) begin('dd')
        else if (/^h[1-6]$/.test(name)) {
          flush()
          begin('h')
          isUnnamed = UNNAMED.some((mark) => attributes[mark] === 'true')
        } else if (name === 'dl' || name === 'ul') {
          flush()
          if (folders.length >= MAX_FOLDERS) throw unreadable(`The folders in line ${line} are nested too deeply.`)
          folders.push(name === 'dl' ? folder : undefined)
          folder = undefined
        } else if (name === 'dt' || name === 'li') flush()
      },
      ontext(piece) {
        if (place !== '' && text.length < MAX_NOTE_LENGTH) text += piece
      },
      onclosetag(name) {
        if (name === 'a' && place === 'a' && link !== undefined) {
          link = { ...link, title: text.replace(/\s+/g, ' ') }
          place = ''
        } else if (/^h[1-6]$/.test(name) && place === 'h') {
          const title = text.trim()
          archived = name === 'h1' && /^(read )?archive$/i.test(title)
          // The first heading is that of the whole file.
          folder = name === 'h1' || isUnnamed || UNNAMED_TITLES.has(title.toLowerCase()) ? undefined : title
          place = ''
        } else if (name === 'dl' || name === 'ul') {
          flush()
          folders.pop()
        }
      },
    },
    { decodeEntities: true, lowerCaseTags: true, lowerCaseAttributeNames: true },
  )

  function* taken(): Generator<Entry> {
    yield* found.splice(0)
  }

  return {
    *read(piece: string, number: number): Generator<Entry> {
      line = number
      parser.write(piece)
      yield* taken()
    },
    *end(): Generator<Entry> {
      parser.end()
      flush()
      yield* taken()
    },
    /** How much of what was fed is understood. */
    position: (): number => parser.endIndex,
  }
}
