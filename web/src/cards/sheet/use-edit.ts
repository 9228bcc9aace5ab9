import { useState } from 'react'
import { ClientError, queries } from '../../api.ts'
import { sayProblem } from '../../ui/toast.tsx'
import { patchCards } from '../cache.ts'
import { type CardEdit, editCard } from '../changes.ts'
import { cardKey, type OpenCard, readCard } from '../queries.ts'
import { sayWithUndo } from '../undo.ts'
import { isSameIn } from './conflicts.ts'
import { sheetTexts } from './texts.ts'

export interface CardEditing {
  /** Shows the change at once. @returns Whether the server took it. */
  readonly edit: (change: CardEdit) => Promise<boolean>
  /** What could not be saved, because somebody else has changed the same. */
  readonly conflict: CardEdit | undefined
  readonly keepMine: () => void
  readonly takeTheirs: () => void
}

const isConflict = (error: unknown): boolean => error instanceof ClientError && error.status === 412

/** Changes the open card. What others changed meanwhile is overwritten only when somebody says so. */
export const useEdit = (id: string): CardEditing => {
  const [conflict, setConflict] = useState<CardEdit>()

  const attempt = async (change: CardEdit, before: OpenCard | undefined): Promise<boolean> => {
    const rollback = patchCards([id], (card) => ({ ...card, ...shownOf(change) }))
    try {
      await editCard(id, change, before?.etag || undefined)
      return true
    } catch (error) {
      rollback()
      if (before === undefined || !isConflict(error)) {
        sayProblem(error)
        return false
      }
      const now = await readCard(id)
      queries.setQueryData(cardKey(id), now)
      // Something else of it has changed, such as what the server found out: that is no conflict.
      if (isSameIn(change, before.card, now.card)) return attempt(change, now)
      setConflict(change)
      return false
    }
  }
  return {
    conflict,
    async edit(change) {
      const before = queries.getQueryData<OpenCard>(cardKey(id))
      const isDone = await attempt(change, before)
      if (isDone && before !== undefined)
        sayWithUndo(sheetTexts.now().changesSaved, () => attempt(namedIn(change, before.card), undefined))
      return isDone
    },
    keepMine() {
      const mine = conflict
      setConflict(undefined)
      if (mine !== undefined) void attempt(mine, undefined)
    },
    takeTheirs: () => setConflict(undefined),
  }
}

/** What a change names, as it was. */
const namedIn = (change: CardEdit, { content, notes, tags, url, type }: OpenCard['card']): CardEdit => ({
  ...(change.content === undefined ? {} : { content }),
  ...(change.notes === undefined ? {} : { notes }),
  ...(change.tags === undefined ? {} : { tags }),
  ...(change.url === undefined || url === null ? {} : { url }),
  ...(change.type === undefined ? {} : { type }),
})

const shownOf = ({ content, notes, tags, url, type }: CardEdit) => ({
  ...(content === undefined ? {} : { content }),
  ...(notes === undefined ? {} : { notes }),
  ...(tags === undefined ? {} : { tags }),
  ...(url === undefined ? {} : { url }),
  ...(type === undefined ? {} : { type }),
})
