const separatorOf = (text: string): string => {
  const line = text.slice(0, Math.max(0, text.indexOf('\n')) || text.length)
  const counts = [',', ';', '\t'].map((mark) => [mark, line.split(mark).length] as const)
  return counts.sort((a, b) => b[1] - a[1])[0]?.[0] ?? ','
}

/**
 * Reads a table of text.
 *
 * @param most Rows; the rest is left out.
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export const parseTable = (text: string, most: number): string[][] => {
  const separator = separatorOf(text)
  const rows: string[][] = []
  let row: string[] = []
  let cell = ''
  let isQuoted = false
  const endRow = (): void => {
    rows.push([...row, cell])
    row = []
    cell = ''
  }
  for (let at = 0; at < text.length && rows.length < most; at += 1) {
    const mark = text.charAt(at)
    if (isQuoted) {
      if (mark !== '"') cell += mark
      else if (text.charAt(at + 1) === '"') {
        cell += '"'
        at += 1
      } else isQuoted = false
    } else if (mark === '"' && cell === '') isQuoted = true
    else if (mark === separator) {
      row.push(cell)
      cell = ''
    } else if (mark === '\n') endRow()
    else if (mark !== '\r') cell += mark
  }
  if (rows.length < most && (cell !== '' || row.length > 0)) endRow()
  return rows
}
