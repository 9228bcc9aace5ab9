import {
  type KeyboardEvent,
  type ReactNode,
  type Ref,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react'
import { columnsIn, masonry, neighbour, type Step, visibleTiles } from './layout.ts'
import { recall, remember } from './memory.ts'
import { useSeen } from './use-window.ts'
import './grid.css'

/** Tiles beyond the view that exist nevertheless, in pixels: what a quick scroll passes before the next frame. */
const AROUND = 700
const TOP_BAR = 96

export interface GridShape<Item> {
  /** A column is never narrower, in pixels. A wide one makes a list. */
  readonly least: number
  readonly most: number
  readonly gap: number
  readonly heightOf: (item: Item, width: number, scale: number) => number
}

export interface GridHandle {
  /** The item that has the focus, or had it last. */
  active(): string | undefined
  /** Gives the focus to an item and brings it into sight. */
  focus(key: string): void
  /** Moves the focus. @returns The key of the item that has it now. */
  move(step: number): string | undefined
}

export interface GridProps<Item> {
  /** Its scroll position and focus are kept under this name. */
  readonly name: string
  readonly label: string
  readonly items: readonly Item[]
  readonly keyOf: (item: Item) => string
  readonly shape: GridShape<Item>
  /** How many there are in all; undefined where nobody knows. */
  readonly total?: number | undefined
  /** Must hold one element with `data-main`, which takes the focus. Keep it cheap: it is drawn while scrolling. */
  readonly render: (item: Item, place: { readonly isActive: boolean; readonly width: number }) => ReactNode
  /** Comes when the last items are near. */
  readonly onEnd?: () => void
  readonly handle?: Ref<GridHandle>
}

const STEPS: Readonly<Record<string, Step>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
}

/**
 * A masonry in the order of reading, of which only the tiles in sight exist. Heights are known beforehand, so nothing is
 * measured and nothing jumps. It scrolls with the page.
 */
export const Grid = <Item,>(props: GridProps<Item>) => {
  const { name, label, items, keyOf, shape, total, render, onEnd, handle } = props
  const root = useRef<HTMLUListElement>(null)
  const seen = useSeen(root)
  const [active, setActive] = useState<string | undefined>(() => recall(name)?.active)
  const wanted = useRef<string>(undefined)

  const { columns, columnWidth } = columnsIn(seen.width, { ...shape, least: shape.least * seen.scale })
  // Kept, because scrolling draws again and ten thousand heights take longer than a frame has.
  const layout = useMemo(() => {
    const heights = items.map((item) => shape.heightOf(item, columnWidth, seen.scale))
    return masonry(heights, { columns, columnWidth, gap: shape.gap })
  }, [items, shape, columns, columnWidth, seen.scale])
  const activeAt = active === undefined ? -1 : items.findIndex((item) => keyOf(item) === active)
  const shown = seen.width === 0 ? [] : visibleTiles(layout, { from: seen.from - AROUND, to: seen.to + AROUND })
  // The one with the focus exists wherever it is, so that the focus is not lost by scrolling.
  if (activeAt >= 0 && !shown.includes(activeAt)) shown.push(activeAt)
  shown.sort((one, other) => one - other)
  const tabbed = Math.max(0, activeAt)

  const isNearEnd = seen.width > 0 && layout.height - seen.to < 2 * innerHeight
  // biome-ignore lint/correctness/useExhaustiveDependencies: more items may still not reach the end, so their number counts.
  useEffect(() => {
    if (isNearEnd) onEnd?.()
  }, [isNearEnd, items.length])

  const bring = (index: number): void => {
    const box = root.current?.getBoundingClientRect()
    if (box === undefined) return
    const top = box.top + layout.tops[index]!
    const bottom = top + layout.heights[index]!
    if (top < TOP_BAR) scrollBy(0, top - TOP_BAR)
    else if (bottom > innerHeight - 16) scrollBy(0, Math.min(bottom - innerHeight + 80, top - TOP_BAR))
  }
  const focusAt = (index: number): string | undefined => {
    const item = items[index]
    if (item === undefined) return undefined
    wanted.current = keyOf(item)
    bring(index)
    setActive(wanted.current)
    return wanted.current
  }
  // In a layout effect, because the tile may only exist since this render.
  useLayoutEffect(() => {
    if (wanted.current === undefined || wanted.current !== active) return
    const tile = root.current?.querySelector<HTMLElement>('[data-active] [data-main]')
    if (tile == null) return
    wanted.current = undefined
    // The tile may come late: whoever writes somewhere by then goes on writing there.
    if (document.activeElement?.matches('input, textarea') === true) return
    tile.focus({ preventScroll: true })
  })
  useImperativeHandle(handle, () => ({
    active: () => active,
    focus: (key) => void focusAt(items.findIndex((item) => keyOf(item) === key)),
    move: (step) => focusAt(activeAt < 0 ? 0 : activeAt + step),
  }))
  usePlace(name, active, seen.width > 0 && items.length > 0)

  const onKeyDown = (event: KeyboardEvent): void => {
    if (!(event.target instanceof HTMLElement) || event.target.dataset.main === undefined) return
    const step = STEPS[event.key]
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
    const isMirrored = getComputedStyle(event.currentTarget).direction === 'rtl'
    const turned = isMirrored && step === 'left' ? 'right' : isMirrored && step === 'right' ? 'left' : step
    const next = neighbour(layout, tabbed, turned)
    event.preventDefault()
    if (next !== undefined) focusAt(next)
  }

  return (
    <ul
      ref={root}
      className="grid"
      aria-label={label}
      style={{ blockSize: layout.height }}
      onKeyDown={onKeyDown}
      onFocus={({ target }) => {
        const key = target.closest<HTMLElement>('[data-key]')?.dataset.key
        if (key !== undefined) setActive(key)
      }}
    >
      {shown.map((index) => {
        const item = items[index]!
        const key = keyOf(item)
        return (
          <li
            key={key}
            data-key={key}
            data-active={key === active ? '' : undefined}
            aria-posinset={index + 1}
            aria-setsize={total ?? -1}
            style={{
              inlineSize: columnWidth,
              blockSize: layout.heights[index]!,
              insetInlineStart: layout.column[index]! * (columnWidth + shape.gap),
              insetBlockStart: layout.tops[index]!,
            }}
          >
            {render(item, { isActive: index === tabbed, width: columnWidth })}
          </li>
        )
      })}
    </ul>
  )
}

/** Comes back to where the list was left, and keeps where it is left now. */
const usePlace = (name: string, active: string | undefined, isReady: boolean): void => {
  const left = useRef(active)
  left.current = active
  useLayoutEffect(() => {
    const before = recall(name)
    if (!isReady || before === undefined || before.top === 0) return
    scrollTo(0, before.top)
    // The router scrolls to the top of a page that is opened, in this same frame.
    const frame = requestAnimationFrame(() => scrollTo(0, before.top))
    return () => cancelAnimationFrame(frame)
  }, [name, isReady])
  useEffect(() => {
    if (!isReady) return
    let top = scrollY
    const note = (): void => {
      top = scrollY
    }
    addEventListener('scroll', note, { passive: true })
    return () => {
      removeEventListener('scroll', note)
      remember(name, { top, active: left.current })
    }
  }, [name, isReady])
}
