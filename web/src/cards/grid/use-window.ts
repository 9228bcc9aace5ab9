import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react'

/** How far one scrolls before the tiles that exist are looked over. */
const STEP = 256

export interface Seen {
  /** Of the element, in pixels; 0 before it is known. */
  readonly width: number
  /** What is in sight of it, from its own top, in whole steps. */
  readonly from: number
  readonly to: number
  /** How much larger than usual letters are. */
  readonly scale: number
}

const scaleOfLetters = (): number => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16

/** How wide an element is and what of it is in sight, while the page scrolls. */
export const useSeen = (element: RefObject<HTMLElement | null>): Seen => {
  const [seen, setSeen] = useState<Seen>({ width: 0, from: 0, to: 0, scale: 1 })
  const frame = useRef(0)

  const look = (): void => {
    const box = element.current?.getBoundingClientRect()
    if (box === undefined) return
    const from = Math.floor(-box.top / STEP) * STEP
    const to = Math.ceil((innerHeight - box.top) / STEP) * STEP
    const next = { width: Math.floor(box.width), from, to, scale: scaleOfLetters() }
    setSeen((now) => (isSame(now, next) ? now : next))
  }
  useLayoutEffect(look)
  // biome-ignore lint/correctness/useExhaustiveDependencies: it looks through refs only, so the first one does for all.
  useEffect(() => {
    const soon = (): void => {
      cancelAnimationFrame(frame.current)
      frame.current = requestAnimationFrame(look)
    }
    const sizes = new ResizeObserver(soon)
    if (element.current !== null) sizes.observe(element.current)
    addEventListener('scroll', soon, { passive: true })
    addEventListener('resize', soon)
    return () => {
      cancelAnimationFrame(frame.current)
      sizes.disconnect()
      removeEventListener('scroll', soon)
      removeEventListener('resize', soon)
    }
  }, [])
  return seen
}

const isSame = (one: Seen, other: Seen): boolean =>
  one.width === other.width && one.from === other.from && one.to === other.to && one.scale === other.scale
