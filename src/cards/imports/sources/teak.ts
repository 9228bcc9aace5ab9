import { CARDS_NAME, TRASH_NAME } from '../../exports/record.ts'
import { unreadable } from '../errors.ts'
import { type Entry, toEntry } from './entry.ts'
import { type Element, jsonElements } from './json.ts'
import type { Archive } from './zip-reader.ts'

/** The cards of an archive: those of `cards.json`, and behind them those in the trash. */
export async function* teakEntries(archive: Archive): AsyncGenerator<Entry> {
  if (!archive.entries.has(CARDS_NAME)) throw unreadable(`The archive has no ${CARDS_NAME}: it is no export of cards.`)
  for (const name of [CARDS_NAME, TRASH_NAME])
    for await (const { value } of elementsIn(archive, name)) yield toEntry(value, null)
}

/** Of a list in an archive; none where it is not in there. @throws {AppError} UNREADABLE_IMPORT */
export const elementsIn = (archive: Archive, name: string): AsyncGenerator<Element> =>
  jsonElements(textIn(archive, name), ['cards', 'items'])

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
