import type { AreaName } from './registry.ts'

/** Somewhere that a person was. */
export interface Recent {
  readonly href: string
  readonly name: string
  readonly area?: AreaName
}

const KEPT = 'latchkey.recent'
const MOST = 12

const isRecent = (value: unknown): value is Recent =>
  typeof value === 'object' &&
  value !== null &&
  'href' in value &&
  typeof value.href === 'string' &&
  value.href.startsWith('/') &&
  'name' in value &&
  typeof value.name === 'string'

/** @param kept What was written down, by whatever version of these pages. */
export const parseRecent = (kept: string | null): Recent[] => {
  try {
    const list: unknown = JSON.parse(kept ?? '[]')
    return Array.isArray(list) ? list.filter(isRecent).slice(0, MOST) : []
  } catch {
    return []
  }
}

export const withRecent = (list: readonly Recent[], added: Recent): Recent[] =>
  [added, ...list.filter(({ href }) => href !== added.href)].slice(0, MOST)

export const recent = (): Recent[] => parseRecent(localStorage.getItem(KEPT))

/** Remembers what was opened (a file, a bot, a card), for the palette. In this browser only, until signing out. */
export const noteRecent = (added: Recent): void =>
  localStorage.setItem(KEPT, JSON.stringify(withRecent(recent(), added)))

export const forgetRecent = (): void => localStorage.removeItem(KEPT)
