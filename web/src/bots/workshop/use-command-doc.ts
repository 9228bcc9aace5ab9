import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { commandQuery, type SavedCommand } from '../queries.ts'
import { drafts } from './kept.ts'

/** One command as it is written here: what the server has, and what was typed over it. */
export const useCommandDoc = (botid: string, name: string) => {
  const saved = useQuery(commandQuery(botid, name))
  const [draft, setDraft] = useState(() => drafts.read(botid, name))
  // Counts the times that another text is put in place of what the editor shows.
  const [revision, setRevision] = useState(0)
  const [seen, setSeen] = useState<string>()
  const code = saved.data?.code
  const isDirty = draft !== undefined && code !== undefined && draft.text !== code

  // Saved elsewhere while nothing was typed here: the editor shows it.
  if (code !== undefined && code !== seen) {
    setSeen(code)
    if (draft === undefined && seen !== undefined) setRevision(revision + 1)
    if (draft !== undefined && draft.text === code) {
      setDraft(undefined)
      drafts.drop(botid, name)
    }
  }

  return {
    saved,
    /** What the editor begins with. */
    text: draft?.text ?? code,
    isDirty,
    /** The server has other code than what the draft was begun from. */
    isBehind: isDirty && draft.base !== code,
    base: draft?.base ?? code ?? '',
    revision,
    edit(text: string): void {
      if (text === code) {
        setDraft(undefined)
        drafts.drop(botid, name)
        return
      }
      const next = { text, base: draft?.base ?? code ?? '' }
      setDraft(next)
      drafts.write(botid, name, next)
    },
    /** What was typed is on the server now. */
    settled(text: string): void {
      setSeen(text)
      setDraft(undefined)
    },
    /** Forgets what was typed. */
    discard(): void {
      setDraft(undefined)
      drafts.drop(botid, name)
      setRevision(revision + 1)
    },
    /** What was typed goes on from what the server has now. */
    rebase({ code: theirs }: SavedCommand): void {
      if (draft === undefined) return
      const next = { ...draft, base: theirs }
      setDraft(next)
      drafts.write(botid, name, next)
    },
  }
}

export type CommandDoc = ReturnType<typeof useCommandDoc>
