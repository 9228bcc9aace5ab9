import { queries } from '../../api.ts'

const PAUSE_MS = 800
let isDue = false

/** Lists ask again for what they show: once for many files that arrive one after the other. */
export const refreshSoon = (): void => {
  if (isDue) return
  isDue = true
  setTimeout(() => {
    isDue = false
    void queries.invalidateQueries({ queryKey: ['files'] })
  }, PAUSE_MS)
}
