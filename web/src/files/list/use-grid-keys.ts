import type { KeyboardEvent, RefObject } from 'react'
import type { Entry } from '../entry.ts'
import { rowId } from './file-rows.tsx'
import { keyStep } from './key-step.ts'
import { menuPoint } from './menu-point.ts'
import type { Selection } from './use-selection.ts'
import type { Act } from './verbs.tsx'

/** A list that has the focus, and what its keys do. */
export interface GridKeys {
  readonly scroller: RefObject<HTMLDivElement | null>
  readonly count: number
  readonly entryAt: (row: number) => Entry | undefined
  readonly selection: Selection
  readonly onAll: () => void
  readonly onMenu: (row: number, at: { readonly x: number; readonly y: number }) => void
  readonly act: Act
}

/** The keys of a list that has the focus, as file managers have them. */
export const useGridKeys = (
  { scroller, count, entryAt, selection, onAll, onMenu, act }: GridKeys,
  { perRow, rowHeight }: { readonly perRow: number; readonly rowHeight: number },
) => {
  const chosen = (): readonly Entry[] => {
    const at = entryAt(selection.at)
    if (selection.chosen.size > 0) return [...selection.chosen.values()]
    return at === undefined ? [] : [at]
  }
  return (event: KeyboardEvent<HTMLElement>): void => {
    if (event.target !== event.currentTarget) return
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / rowHeight) - 1) * perRow
    const step = keyStep(event, { at: selection.at, count, perRow, page })
    const entry = entryAt(selection.at)
    const isCommand = event.ctrlKey || event.metaKey
    if (step !== undefined) (event.shiftKey ? selection.rangeTo : selection.goTo)(step)
    else if (event.key === ' ') (event.shiftKey ? selection.rangeTo : selection.toggle)(selection.at)
    else if (event.key === 'Enter' && entry !== undefined) act('open', [entry])
    else if (event.key === 'F2' && entry !== undefined) act('rename', [entry])
    else if (event.key === 'Delete') act('trash', chosen())
    else if (event.key === 'Escape' && selection.chosen.size > 0) selection.clear()
    else if (event.key === 'a' && isCommand) onAll()
    else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
      const row = document.getElementById(rowId(selection.at))?.getBoundingClientRect()
      onMenu(selection.at, menuPoint(row, event.currentTarget.getBoundingClientRect()))
    } else return
    event.preventDefault()
  }
}
