import { Readable } from 'node:stream'
import type { BotUserRepo, BotUserRow } from '../users/repo.ts'

export interface UsersWish {
  readonly format: 'json' | 'csv'
  readonly include_creation_date: boolean
  readonly include_last_active_date: boolean
}

type Cell = string | number | null
type Pages = AsyncIterable<readonly BotUserRow[]>

const PAGE_ROWS = 1_000
// What a table program takes for the beginning of a formula.
const FORMULA = /^[=+\-@\t\r]/

/**
 * The users of a bot as a file, in the order of their ids. They are read page by page: a bot may have a million.
 *
 * @returns JSON: an array of objects. CSV: the names in the first line, see RFC 4180.
 */
export const usersFile = (repo: BotUserRepo, accountId: string, botId: string, wish: UsersWish): Readable => {
  const rows = pagesOf(repo, accountId, botId)
  return Readable.from(wish.format === 'csv' ? csvOf(rows, wish) : jsonOf(rows, wish), { objectMode: false })
}

async function* pagesOf(repo: BotUserRepo, accountId: string, botId: string): Pages {
  let last = 0
  for (;;) {
    const rows = await repo.listAfter(accountId, botId, last, PAGE_ROWS)
    if (rows.length > 0) yield rows
    if (rows.length < PAGE_ROWS) return
    last = rows.at(-1)?.user_id ?? last
  }
}

async function* jsonOf(pages: Pages, wish: UsersWish): AsyncGenerator<string> {
  let separator = '[\n'
  for await (const rows of pages)
    for (const row of rows) {
      yield separator + JSON.stringify(fieldsOf(row, wish))
      separator = ',\n'
    }
  yield separator === '[\n' ? '[]\n' : '\n]\n'
}

async function* csvOf(pages: Pages, wish: UsersWish): AsyncGenerator<string> {
  yield `${namesOf(wish).join()}\r\n`
  for await (const rows of pages)
    yield rows.map((row) => `${Object.values(fieldsOf(row, wish)).map(toCell).join()}\r\n`).join('')
}

const fieldsOf = (row: BotUserRow, wish: UsersWish): Readonly<Record<string, Cell>> => ({
  user_id: row.user_id,
  username: row.username,
  first_name: row.first_name,
  last_name: row.last_name,
  language_code: row.language_code,
  ...(wish.include_creation_date ? { created_at: momentOf(row.created_at) } : {}),
  // Whoever was blocked before they ever wrote was never active.
  ...(wish.include_last_active_date ? { last_active: momentOf(row.last_active_at) } : {}),
})

const NOBODY: BotUserRow = {
  user_id: 0,
  username: null,
  first_name: '',
  last_name: null,
  language_code: null,
  created_at: 0,
  last_active_at: 0,
  blocked_at: null,
  blocked_bot_at: null,
}

const namesOf = (wish: UsersWish): string[] => Object.keys(fieldsOf(NOBODY, wish))

const momentOf = (ms: number): string | null => (ms === 0 ? null : new Date(ms).toISOString())

/** A cell that a table program would compute gets a `'` in front, which it shows as text. */
const toCell = (value: Cell): string => {
  const text = value === null ? '' : String(value)
  const safe = FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
