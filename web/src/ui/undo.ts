import { uiTexts } from './texts.ts'
import { say, sayProblem } from './toast.tsx'

/**
 * The last change of an area, and the way back from it: by the button of the message, or by a key.
 *
 * @param refresh Called after a change was taken back, or could not be.
 */
export const undoing = (refresh: () => Promise<unknown>) => {
  let last: (() => Promise<void>) | undefined

  return {
    /** Says what was done, and offers to take it back. */
    sayWithUndo(text: string, act: () => Promise<unknown>): void {
      // The key and the button are two ways to the same: the second of them does nothing.
      let isUndone = false
      const undo = async (): Promise<void> => {
        if (last === undo) last = undefined
        if (isUndone) return
        isUndone = true
        await act().catch(sayProblem)
        await refresh()
      }
      last = undo
      say(text, () => void undo())
    },
    /** Takes back the last change, if there is one. */
    undoLast: async (): Promise<void> => {
      if (last === undefined) say(uiTexts.now().nothingToUndo)
      else await last()
    },
  }
}
