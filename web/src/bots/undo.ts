import { queries } from '../api.ts'
import { sayProblem } from '../ui/toast.tsx'
import { undoing } from '../ui/undo.ts'

/** Everything that shows bots asks again for what is in sight. */
export const refreshBots = () => queries.invalidateQueries({ queryKey: ['bots'] })

export const { sayWithUndo, undoLast } = undoing(refreshBots)

/** Does something now, says what failed, and looks again at what is shown. @returns Whether it was done. */
export const attempt = async (work: () => Promise<unknown>): Promise<boolean> => {
  try {
    await work()
    return true
  } catch (error) {
    sayProblem(error)
    return false
  } finally {
    await refreshBots()
  }
}
