import { unreadable } from '../errors.ts'

const MAX_ROW_LENGTH = 2 * 1024 * 1024

/** A row of a table, by the names in its first row, in lower case. */
export interface Row {
  /** On which it begins. */
  readonly line: number
  readonly cells: Readonly<Record<string, string>>
}

/**
 * The rows of a CSV file behind the first one, which names the columns: with quotes, with line breaks within them, with
 * commas, semicolons or tabs.
 *
 * @throws {AppError} UNREADABLE_IMPORT when a quote never ends
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export async function* csvRows(pieces: AsyncIterable<string>): AsyncGenerator<Row> {
  let names: readonly string[] | undefined
  for await (const { line, fields } of csvFields(pieces)) {
    if (names === undefined) names = fields.map((name) => name.trim().toLowerCase())
    else if (fields.length > 1 || fields[0] !== '') yield { line, cells: toCells(names, fields) }
  }
}

const toCells = (names: readonly string[], fields: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name, index) => [name, fields[index] ?? '']))

export const delimiterOf = (header: string): string => {
  const count = (sign: string): number => header.split(sign).length
  return [',', ';', '\t'].reduce((best, sign) => (count(sign) > count(best) ? sign : best))
}

async function* csvFields(pieces: AsyncIterable<string>): AsyncGenerator<{ line: number; fields: string[] }> {
  const reader = csvReader()
  for await (const piece of pieces) yield* reader.read(piece)
  yield* reader.end()
}

const csvReader = () => {
  let delimiter: string | undefined
  let [line, start, length] = [1, 1, 0]
  let fields: string[] = []
  let field = ''
  let state: 'plain' | 'quoted' | 'quote' = 'plain'
  let afterReturn = false

  const endField = (): void => {
    fields.push(field)
    field = ''
    state = 'plain'
  }
  const endRow = () => {
    endField()
    const row = { line: start, fields }
    fields = []
    length = 0
    start = line
    return row
  }

  return {
    *read(piece: string): Generator<{ line: number; fields: string[] }> {
      // The first row is in the first piece: pieces are larger than any header.
      delimiter ??= delimiterOf(piece.split('\n', 1)[0] ?? '')
      for (const sign of piece) {
        length += 1
        if (length > MAX_ROW_LENGTH)
          throw unreadable(`The row that begins in line ${start} never ends. A quote is missing.`)
        const isSecond = sign === '\n' && afterReturn
        afterReturn = sign === '\r'
        if ((sign === '\n' && !isSecond) || sign === '\r') line += 1
        if (state === 'quoted') {
          if (sign === '"') state = 'quote'
          else field += sign
        } else if (sign === '"' && state === 'quote') {
          field += sign
          state = 'quoted'
        } else if (sign === '"' && field === '') state = 'quoted'
        else if (sign === delimiter) endField()
        else if (sign === '\n' || sign === '\r') {
          if (isSecond) start = line
          else yield endRow()
        } else field += sign
      }
    },

    *end(): Generator<{ line: number; fields: string[] }> {
      if (state === 'quoted') throw unreadable(`A quote in the row that begins in line ${start} never ends.`)
      if (field !== '' || fields.length > 0) yield endRow()
    },
  }
}
