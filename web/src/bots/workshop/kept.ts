import { useSyncExternalStore } from 'react'
import { draftStore } from './drafts.ts'

/** What was typed and not saved, in this browser. */
export const drafts = draftStore(localStorage)

/** The commands of a bot with something unsaved. */
export const useDraftNames = (botid: string): Set<string> => {
  useSyncExternalStore(drafts.subscribe, drafts.changes)
  return drafts.names(botid)
}

const keyOf = (botid: string): string => `latchkey.workshop ${botid}`

/** Which commands were open. */
export const openNames = (botid: string): string[] => {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(botid)) ?? '[]')
    return Array.isArray(kept) ? kept.filter((name) => typeof name === 'string') : []
  } catch {
    return []
  }
}

export const keepOpenNames = (botid: string, names: readonly string[]): void =>
  localStorage.setItem(keyOf(botid), JSON.stringify(names))
