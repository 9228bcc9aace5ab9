import type { Db } from '../../platform/db/index.ts'
import { endingOf } from './indexing.ts'

const MIN_LENGTH = 4
const LONG = 8
const MAX_CANDIDATES = 20_000
const MAX_SUGGESTIONS = 5

/** The words of an account that a misspelt one may stand for, the nearest first. */
export const suggestions = async (db: Db, accountId: string, word: string): Promise<string[]> => {
  if (word.length < MIN_LENGTH || /\d/.test(word)) return []
  const most = word.length < LONG ? 1 : 2
  const words = db.selectFrom('card_words').select('word').where('account_id', '=', accountId).limit(MAX_CANDIDATES)
  const beginning = [...word].slice(0, 2).join('')
  // A word is wrong at its beginning or at its end, hardly ever at both.
  const rows = [
    ...(await words.where('word', '>=', beginning).where('word', '<', `${beginning}\u{10ffff}`).execute()),
    ...(await words.where('ending', '=', endingOf(word)).execute()),
  ]
  return [...new Set(rows.map((row) => row.word))]
    .map((known) => ({ known, steps: editsBetween(word, known, most) }))
    .filter(({ known, steps }) => steps <= most && known !== word)
    .sort((one, other) => one.steps - other.steps || (one.known < other.known ? -1 : 1))
    .slice(0, MAX_SUGGESTIONS)
    .map(({ known }) => known)
}

/**
 * How many letters must be added, left out, replaced or swapped with their neighbour to make one word of the other.
 *
 * @returns `most + 1` for all that is more than `most`.
 */
export const editsBetween = (one: string, other: string, most: number): number => {
  const [a, b] = [[...one], [...other]]
  if (Math.abs(a.length - b.length) > most) return most + 1
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1)
      row.push(least)
    }
    if (Math.min(...row) > most) return most + 1
    before = last
    last = row
  }
  return Math.min(last[b.length] ?? most + 1, most + 1)
}
