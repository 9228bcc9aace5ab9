import { queries } from '../api.ts'
import { say, sayProblem } from '../ui/toast.tsx'
import { botsTexts } from './texts.ts'

/** Everything that shows bots asks again for what is in sight. */
export const refreshBots = () => queries.invalidateQueries({ queryKey: ['bots'] })

type Undo = () => Promise<unknown>
let last: Undo | undefined

const doUndo = async (undo: Undo): Promise<void> => {
  if (last === undo) last = undefined
  try {
    await undo()
  } catch (error) {
    sayProblem(error)
  }
  await refreshBots()
}

/** Says what was done, and keeps the way back for the button and for the key. */
export const sayWithUndo = (text: string, undo: Undo): void => {
  last = undo
  say(text, () => void doUndo(undo))
}

/** Takes back the last change, if there is one. */
export const undoLast = async (): Promise<void> => {
  if (last === undefined) return say(botsTexts.now().nothingToUndo)
  await doUndo(last)
}

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
