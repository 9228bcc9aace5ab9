import { csvRows, type Row } from './csv.ts'
import { type Entry, momentOf, savedEntry } from './entry.ts'

const dateOf = (text: string): number | undefined => momentOf(text) ?? (Date.parse(text) || undefined)

const cell = ({ cells }: Row, name: string): string => cells[name]?.trim() ?? ''

/** The table of Raindrop.io. Collections become tags, and what was in its trash comes into ours. */
export async function* raindropEntries(pieces: AsyncIterable<string>): AsyncGenerator<Entry> {
  for await (const row of csvRows(pieces)) {
    const folders = cell(row, 'folder')
      .split('/')
      .map((name) => name.trim())
    const [root = ''] = folders
    const named = root === 'Unsorted' || root === 'Trash' ? folders.slice(1) : folders
    yield savedEntry({
      line: row.line,
      url: cell(row, 'url'),
      title: cell(row, 'title'),
      description: cell(row, 'excerpt'),
      notes: [cell(row, 'note'), cell(row, 'highlights')],
      tags: [...named, ...cell(row, 'tags').split(',')],
      createdAt: dateOf(cell(row, 'created')),
      isFavorited: /^(true|1|yes)$/i.test(cell(row, 'favorite')),
      isTrashed: root === 'Trash',
    })
  }
}

/** The table of Pocket. What was archived is tagged so. */
export async function* pocketEntries(pieces: AsyncIterable<string>): AsyncGenerator<Entry> {
  for await (const row of csvRows(pieces)) {
    const isArchived = /^archived?$/i.test(cell(row, 'status'))
    yield savedEntry({
      line: row.line,
      url: cell(row, 'url'),
      title: cell(row, 'title'),
      tags: [...cell(row, 'tags').split(/[|,]/), ...(isArchived ? ['archived'] : [])],
      createdAt: dateOf(cell(row, 'time_added')),
    })
  }
}
