import { CARDS_NAME, TRASH_NAME } from '../../exports/record.ts'
import { type Entry, toEntry, unreadable } from './entry.ts'
import { jsonElements } from './json.ts'
import type { Archive } from './zip-reader.ts'

/** The cards of an archive: those of `cards.json`, and behind them those in the trash. */
export async function* teakEntries(archive: Archive): AsyncGenerator<Entry> {
  if (!archive.entries.has(CARDS_NAME)) throw unreadable(`The archive has no ${CARDS_NAME}: it is no export of cards.`)
  for (const name of [CARDS_NAME, TRASH_NAME])
    for await (const { value } of jsonElements(textIn(archive, name), ['cards', 'items'])) yield toEntry(value, null)
}

async function* textIn(archive: Archive, name: string): AsyncGenerator<string> {
  const entry = archive.entries.get(name)
  if (entry === undefined) return yield '[]'
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    for await (const chunk of archive.open(entry)) yield decoder.decode(chunk, { stream: true })
    yield decoder.decode()
  } catch (error) {
    throw error instanceof TypeError ? unreadable(`${name} is not UTF-8.`) : error
  }
}
