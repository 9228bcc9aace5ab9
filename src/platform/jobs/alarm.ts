import type { Clock } from '../clock.ts'

/** One timer that rings at the earliest moment asked for, and then forgets the others. */
export const alarmClock = (clock: Clock, ring: () => void) => {
  let timer: NodeJS.Timeout | undefined
  let ringsAtMs = Number.POSITIVE_INFINITY

  const clear = (): void => {
    clearTimeout(timer)
    ringsAtMs = Number.POSITIVE_INFINITY
  }
  return {
    clear,
    within(delayMs: number): void {
      const atMs = clock.monotonicMs() + delayMs
      if (atMs >= ringsAtMs) return
      clearTimeout(timer)
      ringsAtMs = atMs
      timer = setTimeout(() => {
        clear()
        ring()
      }, delayMs)
    },
  }
}
