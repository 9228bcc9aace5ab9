import { say } from '../ui/toast.tsx'

let last: (() => void) | undefined

/** Says what was done, and takes it back when asked: by the message, or by its key while nothing else was done. */
export const sayUndoable = (text: string, undo: () => void): void => {
  const once = (): void => {
    if (last === once) last = undefined
    undo()
  }
  last = once
  say(text, once)
}

export const undoLast = (): void => last?.()
