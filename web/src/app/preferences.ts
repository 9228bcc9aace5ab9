import { queryOptions, useQuery } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import {
  changePreferences,
  getPreferences,
  type Preferences,
  type PreferencesChange,
} from '../../../src/accounts/preferences/contract.ts'
import { api } from '../api.ts'
import { setLocale } from '../texts.ts'
import { sayProblem } from '../ui/toast.tsx'
import { applyContrast, applyTheme } from './theme.ts'

const KEPT = 'latchkey.preferences'

const kept = (): Partial<Preferences> => {
  try {
    // Written by `take` alone, and used for nothing but how pages look.
    return JSON.parse(localStorage.getItem(KEPT) ?? '{}')
  } catch {
    return {}
  }
}

const listeners = new Set<() => void>()
let current = kept()
let choices = 0

/** Shows what was chosen before anything was asked of the server; also where nobody is signed in. */
export const applyPreferences = (): void => {
  applyTheme(current.theme ?? 'system')
  applyContrast(current.contrast === 'more')
  setLocale(current.language ?? undefined)
  for (const listener of listeners) listener()
}

const take = (preferences: Partial<Preferences>): void => {
  current = preferences
  localStorage.setItem(KEPT, JSON.stringify(current))
  applyPreferences()
}

const preferencesQuery = queryOptions({
  queryKey: ['account', 'preferences'],
  queryFn: async ({ signal }) => {
    const before = choices
    const { preferences } = await api.call(getPreferences, { signal })
    // What was chosen meanwhile is newer than this answer.
    if (before === choices) take(preferences)
    return preferences
  },
  staleTime: 60_000,
})

/** Follows what the account has chosen in other browsers; once, in the frame. */
export const usePreferencesOfAccount = (): void => void useQuery(preferencesQuery)

/** Null where the account has chosen nothing. */
export const preferenceOf = <Name extends keyof Preferences>(name: Name): Preferences[Name] | null =>
  current[name] ?? null

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The same, for components. */
export const usePreference = <Name extends keyof Preferences>(name: Name): Preferences[Name] | null =>
  useSyncExternalStore(subscribe, () => preferenceOf(name))

/** Holds here at once, and in every browser of the account as soon as the server knows. */
export const prefer = (change: PreferencesChange): void => {
  choices += 1
  take(Object.assign({}, current, change))
  api.call(changePreferences, { body: change }).catch(sayProblem)
}
