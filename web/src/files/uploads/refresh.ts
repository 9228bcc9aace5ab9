import { queries } from '../../api.ts'

const PAUSE_MS = 800
let timer: ReturnType<typeof setTimeout> | undefined

/** Lists ask again for what they show: once for many files that arrive one after the other. */
export const refreshSoon = (): void => {
  timer ??= setTimeout(() => {
    timer = undefined
    void queries.invalidateQueries({ queryKey: ['files'] })
  }, PAUSE_MS)
}
