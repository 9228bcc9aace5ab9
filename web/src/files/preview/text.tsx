import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type File, getFileContent } from '../../../../src/files/files/contract.ts'
import { api, messageOf } from '../../api.ts'
import { formatBytes } from '../../texts.ts'
import { Checkbox } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'
import { parseTable } from './csv.ts'
import { decodeText, MOST_TEXT } from './kind.ts'
import { NoPreview } from './no-preview.tsx'
import { previewTexts } from './texts.ts'

const MOST_ROWS = 1_000

const useText = ({ id, sha256, file_size }: File) =>
  useQuery({
    // Not among the lists of files, which are asked for again with every change: this content does not change.
    queryKey: ['file text', id, sha256],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) => {
      if (file_size === 0) return { text: '' }
      const headers = { range: `bytes=0-${MOST_TEXT - 1}` }
      const answer = await api.raw(getFileContent, { params: { id }, headers, signal })
      return { text: decodeText(new Uint8Array(await answer.arrayBuffer())) }
    },
  })

/** Text, code, Markdown and tables: always the characters themselves, whatever they would mean to a browser. */
export const TextContent = ({ file, isTable }: { readonly file: File; readonly isTable: boolean }) => {
  const t = previewTexts.use()
  const found = useText(file)
  const [isWrapped, setIsWrapped] = useState(true)
  if (found.error !== null) return <NoPreview file={file} text={messageOf(found.error)} />
  if (found.data === undefined) return null
  const { text } = found.data
  if (text === undefined) return <NoPreview file={file} text={t.unreadable} />
  return (
    <div className="preview-text">
      <div className="preview-text-head">
        {file.file_size > MOST_TEXT && <Notice>{t.cut(formatBytes(file.file_size))}</Notice>}
        {!isTable && (
          <Checkbox isSelected={isWrapped} onChange={setIsWrapped}>
            {t.wrap}
          </Checkbox>
        )}
      </div>
      {isTable ? <Table text={text} /> : <Lines text={text} isWrapped={isWrapped} />}
    </div>
  )
}

const Lines = ({ text, isWrapped }: { readonly text: string; readonly isWrapped: boolean }) => {
  const t = previewTexts.use()
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached with the keyboard.
    <section className="preview-scroll" aria-label={t.contents} tabIndex={0}>
      <pre data-wrapped={isWrapped || undefined} dir="auto">
        {text}
      </pre>
    </section>
  )
}

const Table = ({ text }: { readonly text: string }) => {
  const t = previewTexts.use()
  const [head = [], ...rows] = parseTable(text, MOST_ROWS + 1)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys.
    <section className="preview-scroll preview-table" tabIndex={0} aria-label={t.contents}>
      <table className="table">
        <thead>
          <tr>
            {head.map((cell, column) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: cells have no other name, and do not move.
              <th key={column}>{cell}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, line) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: as above.
            <tr key={line}>
              {row.map((cell, column) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: as above.
                <td key={column}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === MOST_ROWS && <p>{t.cutRows(MOST_ROWS)}</p>}
    </section>
  )
}
