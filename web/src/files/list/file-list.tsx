// biome-ignore-all lint/a11y/useSemanticElements: a table cannot leave out the rows that are not in sight.
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, and points at its rows.
import { ArrowDown, ArrowUp } from 'lucide-react'
import { type MouseEvent, type ReactNode, type RefObject, useEffect, useState } from 'react'
import type { FileSort } from '../../../../src/files/files/contract.ts'
import { useVirtualRows } from '../../ui/virtual.ts'
import type { Order } from '../address.ts'
import { type Entry, idOf } from '../entry.ts'
import { filesTexts } from '../texts.ts'
import { FileRow, FileTile, type RowProps, rowId } from './file-rows.tsx'
import { defaultOrder, type View } from './toolbar.tsx'
import { type GridKeys, useGridKeys } from './use-grid-keys.ts'

const ROW = { list: 44, grid: 212 } as const
const HEAD = 36
const TILE = 168

export interface FileListProps extends GridKeys {
  readonly view: View
  readonly sort: FileSort
  readonly order: Order
  readonly onSort: (sort: FileSort, order: Order) => void
  readonly onSight: (first: number, last: number) => void
}

/** How many tiles stand side by side. */
const useTilesPerRow = (scroller: RefObject<HTMLElement | null>, view: View): number => {
  const [count, setCount] = useState(1)
  useEffect(() => {
    const element = scroller.current
    if (element === null || view === 'list') return setCount(1)
    const sizes = new ResizeObserver(() => setCount(Math.max(2, Math.floor(element.clientWidth / TILE))))
    sizes.observe(element)
    return () => sizes.disconnect()
  }, [scroller, view])
  return view === 'list' ? 1 : count
}

/** Folders and files of a place, as lines or as tiles. The list keeps the focus and points at one entry. */
export const FileList = (props: FileListProps) => {
  const { scroller, view, count, entryAt, selection, sort, order, onSort, onSight, onMenu, act } = props
  const t = filesTexts.use()
  const perRow = useTilesPerRow(scroller, view)
  const head = view === 'list' ? HEAD : 0
  const rows = useVirtualRows(scroller, { count: Math.ceil(count / perRow), rowHeight: ROW[view], head })
  const [first, last] = [rows.first * perRow, Math.min(count, rows.last * perRow)]
  useEffect(() => void onSight(first, last))
  // Wherever a key or a click has gone, it is in sight.
  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolling by hand must not lead back.
  useEffect(() => rows.show(Math.floor(selection.at / perRow)), [selection.at])

  const onKeyDown = useGridKeys(props, { perRow, rowHeight: ROW[view] })
  const onPick = (row: number, event: MouseEvent): void => {
    if (event.shiftKey) selection.rangeTo(row)
    else if (event.ctrlKey || event.metaKey || selection.chosen.size > 0) selection.toggle(row)
    else selection.only(row)
  }

  const common = { onPick, onToggle: selection.toggle, onOpen: (entry: Entry) => act('open', [entry]), onMenu }
  const draggedWith = (entry: Entry) => (selection.chosen.has(idOf(entry)) ? [...selection.chosen.values()] : [entry])
  const propsOf = (row: number, entry: Entry): RowProps => ({
    ...common,
    entry,
    row,
    isChosen: selection.chosen.has(idOf(entry)),
    isAt: selection.at === row,
    dragged: draggedWith,
  })
  return (
    <div
      ref={scroller}
      role="grid"
      className="file-list"
      data-view={view}
      data-choosing={selection.chosen.size > 0 || undefined}
      tabIndex={0}
      aria-label={t.files}
      aria-multiselectable
      aria-rowcount={count + (view === 'list' ? 1 : 0)}
      aria-activedescendant={count > 0 ? rowId(selection.at) : undefined}
      onKeyDown={onKeyDown}
    >
      {view === 'list' && <Head sort={sort} order={order} onSort={onSort} />}
      <div role="rowgroup" className="file-space" style={{ blockSize: rows.height }}>
        {view === 'list'
          ? range(first, last).map((row) => (
              <Line key={row} row={row} height={ROW.list} entry={entryAt(row)} propsOf={propsOf} />
            ))
          : range(rows.first, rows.last).map((line) => (
              <Tiles key={line} line={line} perRow={perRow} count={count} entryAt={entryAt} propsOf={propsOf} />
            ))}
      </div>
    </div>
  )
}

const range = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index)

interface SlotProps {
  readonly row: number
  readonly entry: Entry | undefined
  readonly propsOf: (row: number, entry: Entry) => RowProps
}

const Line = ({ row, entry, propsOf, height }: SlotProps & { readonly height: number }) => (
  <div role="presentation" className="file-line" style={{ transform: `translateY(${row * height}px)` }}>
    {entry === undefined ? <div className="skeleton" /> : <FileRow key={idOf(entry)} {...propsOf(row, entry)} />}
  </div>
)

const Tiles = ({
  line,
  perRow,
  count,
  entryAt,
  propsOf,
}: Pick<FileListProps, 'count' | 'entryAt'> &
  Pick<SlotProps, 'propsOf'> & { readonly line: number; readonly perRow: number }) => (
  <div
    role="row"
    className="file-tiles"
    style={{
      transform: `translateY(${line * ROW.grid}px)`,
      gridTemplateColumns: `repeat(${perRow}, minmax(0, 1fr))`,
    }}
  >
    {range(line * perRow, Math.min(count, (line + 1) * perRow)).map((row) => (
      <Tile key={row} row={row} entry={entryAt(row)} propsOf={propsOf} />
    ))}
  </div>
)

const Tile = ({ row, entry, propsOf }: SlotProps) =>
  entry === undefined ? (
    <div role="gridcell" className="file-tile skeleton" />
  ) : (
    <FileTile key={idOf(entry)} {...propsOf(row, entry)} />
  )

const COLUMNS = [
  ['file_name', 'name'],
  ['file_size', 'size'],
  ['updated_at', 'modified'],
] as const

const Head = ({ sort, order, onSort }: Pick<FileListProps, 'sort' | 'order' | 'onSort'>) => {
  const t = filesTexts.use()
  return (
    <div role="row" className="file-head" aria-rowindex={1}>
      <HeadCell name="box" />
      {COLUMNS.map(([id, name]) => (
        <HeadCell
          key={id}
          name={name}
          sorted={sort === id ? order : undefined}
          onSort={() => onSort(id, sort === id ? (order === 'asc' ? 'desc' : 'asc') : defaultOrder(id))}
        >
          {t[name]}
        </HeadCell>
      ))}
      <HeadCell name="type">{t.type}</HeadCell>
      <HeadCell name="more" />
    </div>
  )
}

const HeadCell = ({
  name,
  sorted,
  onSort,
  children,
}: {
  readonly name: string
  readonly sorted?: Order | undefined
  readonly onSort?: () => void
  readonly children?: ReactNode
}) => (
  <div
    role="columnheader"
    data-cell={name}
    aria-sort={sorted === undefined ? undefined : sorted === 'asc' ? 'ascending' : 'descending'}
  >
    {onSort === undefined ? (
      children
    ) : (
      <button type="button" onClick={onSort}>
        {children}
        {sorted === 'asc' && <ArrowUp aria-hidden size={14} />}
        {sorted === 'desc' && <ArrowDown aria-hidden size={14} />}
      </button>
    )}
  </div>
)
