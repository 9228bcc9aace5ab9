import { type RefObject, useEffect, useLayoutEffect, useState } from 'react'
import { type RowRange, rowsInView } from './row-range.ts'

export interface VirtualRows extends RowRange {
  /** Of all rows together, in pixels: what the scroll bar speaks of. */
  readonly height: number
  /** Brings a row into sight, and not further than needed. */
  readonly show: (row: number) => void
}

/**
 * Rows of one height, of which only those in sight and a few around them exist. However long the list is, the page
 * holds some dozens of rows; what they show is asked for by their number.
 *
 * @param scroller The element that scrolls; the rows are its content, `head` pixels below its top.
 * @param rowHeight Pixels.
 */
export const useVirtualRows = (
  scroller: RefObject<HTMLElement | null>,
  { count, rowHeight, head = 0 }: { readonly count: number; readonly rowHeight: number; readonly head?: number },
): VirtualRows => {
  const [range, setRange] = useState<RowRange>({ first: 0, last: Math.min(count, 40) })

  const measure = (): void => {
    const element = scroller.current
    if (element === null) return
    const seen = { top: element.scrollTop - head, viewport: element.clientHeight }
    const next = rowsInView({ count, rowHeight, ...seen })
    setRange((now) => (now.first === next.first && now.last === next.last ? now : next))
  }
  useLayoutEffect(measure)
  useEffect(() => {
    const element = scroller.current
    if (element === null) return
    let frame = 0
    const onMove = (): void => {
      cancelAnimationFrame(frame)
      frame = requestAnimationFrame(measure)
    }
    const sizes = new ResizeObserver(onMove)
    sizes.observe(element)
    element.addEventListener('scroll', onMove, { passive: true })
    return () => {
      cancelAnimationFrame(frame)
      sizes.disconnect()
      element.removeEventListener('scroll', onMove)
    }
  })

  const show = (row: number): void => {
    const element = scroller.current
    if (element === null) return
    const [top, end] = [row * rowHeight, (row + 1) * rowHeight + head]
    if (top < element.scrollTop) element.scrollTop = top
    else if (end > element.scrollTop + element.clientHeight) element.scrollTop = end - element.clientHeight
  }
  const within = { first: Math.min(range.first, count), last: Math.min(range.last, count) }
  return { ...within, height: count * rowHeight, show }
}
