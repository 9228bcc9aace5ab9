import { useState } from 'react'
import { sayProblem } from '../../ui/toast.tsx'
import type { Problem } from '../editor/lint.ts'
import type { SavedCommand } from '../queries.ts'
import { saveCode } from './command-changes.ts'
import type { CommandDoc } from './use-command-doc.ts'

interface Checked {
  /** Those that are shown. */
  readonly problems: readonly Problem[]
  /** Those that there are now. */
  readonly check: () => readonly Problem[]
}

const isError = ({ severity }: Problem): boolean => severity === 'error'

/** Saves a command: looks first whether it can run, and whether somebody else was faster. */
export const useSaving = (botid: string, name: string, doc: CommandDoc, { problems, check }: Checked) => {
  const [isPending, setPending] = useState(false)
  const [isWarned, setWarned] = useState(false)
  const [theirs, setTheirs] = useState<SavedCommand>()

  const put = async (base: string, etag: string): Promise<boolean> => {
    const { text } = doc
    if (text === undefined) return false
    setPending(true)
    try {
      const outcome = await saveCode(botid, name, { text, base, etag })
      if (outcome.kind === 'changed') setTheirs(outcome.theirs)
      else doc.settled(text)
      return outcome.kind === 'saved'
    } catch (error) {
      sayProblem(error)
      return false
    } finally {
      setPending(false)
    }
  }

  return {
    isPending,
    /** There are mistakes, and the next save takes them along. */
    isWarned: isWarned && problems.some(isError),
    theirs,
    compare: (): void => setTheirs(doc.saved.data),
    /** @returns Whether the server has what is written here. */
    async save(): Promise<boolean> {
      if (!doc.isDirty || isPending) return !doc.isDirty
      if (doc.isBehind) {
        setTheirs(doc.saved.data)
        return false
      }
      if (!isWarned && check().some(isError)) {
        setWarned(true)
        return false
      }
      setWarned(false)
      return put(doc.base, doc.saved.data?.etag ?? '')
    },
    /** Mine over theirs, knowing both. */
    async keepMine(): Promise<void> {
      if (theirs === undefined) return
      setTheirs(undefined)
      doc.rebase(theirs)
      await put(theirs.code, theirs.etag)
    },
    takeTheirs(): void {
      setTheirs(undefined)
      doc.discard()
      void doc.saved.refetch()
    },
    later: (): void => setTheirs(undefined),
  }
}

export type SavingState = ReturnType<typeof useSaving>
