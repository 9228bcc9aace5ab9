// biome-ignore-all lint/a11y/useSemanticElements: a table cannot leave out the rows that are not in sight.
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, and points at its rows.
// biome-ignore-all lint/a11y/useKeyWithClickEvents: keys are the grid's.
import { EllipsisVertical, TriangleAlert } from 'lucide-react'
import type { MouseEvent, ReactNode } from 'react'
import { formatAgo, formatBytes, formatDate } from '../../texts.ts'
import { type Entry, idOf, nameOf, teamOf } from '../entry.ts'
import { filesTexts } from '../texts.ts'
import { dragProps, useDropTarget } from './drag.ts'
import { EntryPicture } from './icon.tsx'

export interface RowProps {
  readonly entry: Entry
  readonly row: number
  readonly isChosen: boolean
  readonly isAt: boolean
  readonly dragged: (entry: Entry) => readonly Entry[]
  readonly onPick: (row: number, event: MouseEvent) => void
  readonly onToggle: (row: number) => void
  readonly onOpen: (entry: Entry) => void
  readonly onMenu: (row: number, at: { readonly x: number; readonly y: number }) => void
}

export const rowId = (row: number): string => `entry-${row}`

const Health = ({ entry }: { readonly entry: Entry }) => {
  const t = filesTexts.use()
  if (entry.kind === 'folder' || !['degraded', 'lost'].includes(entry.file.storage.state)) return null
  const text = entry.file.storage.state === 'lost' ? t.missing : t.degraded
  return (
    <span className="file-health" title={text}>
      <TriangleAlert aria-hidden size={16} />
      <span className="visually-hidden">{text}</span>
    </span>
  )
}

const Box = ({ entry, row, isChosen, onToggle }: RowProps) => {
  const t = filesTexts.use()
  return (
    <label className="file-box">
      <input
        type="checkbox"
        tabIndex={-1}
        checked={isChosen}
        onChange={() => onToggle(row)}
        aria-label={t.select(nameOf(entry))}
      />
    </label>
  )
}

const Name = ({ entry, onOpen }: RowProps) => (
  <button
    type="button"
    tabIndex={-1}
    className="file-name"
    onClick={(event) => {
      if (event.shiftKey || event.ctrlKey || event.metaKey) return
      event.stopPropagation()
      onOpen(entry)
    }}
  >
    <bdi>{nameOf(entry)}</bdi>
  </button>
)

const More = ({ entry, row, onMenu }: RowProps) => {
  const t = filesTexts.use()
  return (
    <button
      type="button"
      tabIndex={-1}
      className="file-more"
      aria-label={t.actions(nameOf(entry))}
      onClick={(event) => {
        event.stopPropagation()
        const { left, bottom } = event.currentTarget.getBoundingClientRect()
        onMenu(row, { x: left, y: bottom })
      }}
    >
      <EllipsisVertical aria-hidden size={18} />
    </button>
  )
}

const useCommon = (props: RowProps) => {
  const { entry, row, isChosen, isAt, dragged, onPick, onMenu } = props
  return {
    id: rowId(row),
    'aria-selected': isChosen,
    'data-chosen': isChosen || undefined,
    'data-at': isAt || undefined,
    ...dragProps(() => dragged(entry)),
    ...useDropTarget(idOf(entry), nameOf(entry), teamOf(entry), entry.kind === 'folder'),
    onClick: (event: MouseEvent) => onPick(row, event),
    onDoubleClick: () => props.onOpen(entry),
    onContextMenu(event: MouseEvent) {
      event.preventDefault()
      onMenu(row, { x: event.clientX, y: event.clientY })
    },
  }
}

const useFacts = (entry: Entry) => {
  const t = filesTexts.use()
  if (entry.kind === 'folder') return { size: '', type: t.folder, at: entry.folder.updated_at }
  const { file_size, file_type, updated_at } = entry.file
  return { size: formatBytes(file_size), type: t[file_type], at: updated_at }
}

/** A line of the list. */
export const FileRow = (props: RowProps) => {
  const { entry, row } = props
  const { size, type, at } = useFacts(entry)
  return (
    <div role="row" className="file-row" aria-rowindex={row + 2} {...useCommon(props)}>
      <Cell name="box">
        <Box {...props} />
      </Cell>
      <Cell name="name">
        <EntryPicture entry={entry} edge={128} iconSize={20} />
        <Name {...props} />
        <Health entry={entry} />
      </Cell>
      <Cell name="size">{size}</Cell>
      <Cell name="modified">
        <time dateTime={at} title={formatDate(at)}>
          {formatAgo(at)}
        </time>
      </Cell>
      <Cell name="type">{type}</Cell>
      <Cell name="more">
        <More {...props} />
      </Cell>
    </div>
  )
}

const Cell = ({ name, children }: { readonly name: string; readonly children: ReactNode }) => (
  <div role="gridcell" data-cell={name}>
    {children}
  </div>
)

/** A square of the grid. */
export const FileTile = (props: RowProps) => {
  const { entry } = props
  const { size, type } = useFacts(entry)
  return (
    <div role="gridcell" className="file-tile" {...useCommon(props)}>
      <div className="file-tile-picture">
        <EntryPicture entry={entry} edge={256} iconSize={48} />
      </div>
      <Box {...props} />
      <div className="file-tile-text">
        <Name {...props} />
        <span className="file-tile-facts">
          {size === '' ? type : size}
          <Health entry={entry} />
        </span>
      </div>
      <More {...props} />
    </div>
  )
}
