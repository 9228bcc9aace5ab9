import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'

/** Languages that the pages speak. */
export const LANGUAGES = ['en', 'ru'] as const
export const THEMES = ['system', 'light', 'dark'] as const
export const FILE_VIEWS = ['list', 'grid'] as const
export const CARD_VIEWS = ['masonry', 'list', 'compact'] as const

export const Preferences = z
  .strictObject({
    theme: z.enum(THEMES).nullable(),
    contrast: z.enum(['system', 'more']).nullable().describe('`more` also where the system does not ask for it.'),
    language: z.enum(LANGUAGES).nullable(),
    letter_keys: z.boolean().nullable().describe('Whether single letters are shortcuts.'),
    files_view: z.enum(FILE_VIEWS).nullable(),
    cards_view: z.enum(CARD_VIEWS).nullable(),
    first_steps: z.boolean().nullable().describe('Whether Home shows what a new account may want to do first.'),
  })
  .describe('How the pages look and answer for this account, in every browser. Null is what was never chosen.')
  .meta({ id: 'Preferences' })
export type Preferences = z.infer<typeof Preferences>

export const PreferencesChange = Preferences.partial()
export type PreferencesChange = z.infer<typeof PreferencesChange>

export const getPreferences = endpoint({
  method: 'GET',
  path: '/api/account/preferences',
  scope: 'any',
  by: ['session', 'key'],
  summary: 'How the pages look for this account',
  returns: [200, z.object({ preferences: Preferences })],
})

export const changePreferences = endpoint({
  method: 'PATCH',
  path: '/api/account/preferences',
  scope: 'any',
  by: ['session'],
  summary: 'Change how the pages look for this account; null forgets a choice',
  body: PreferencesChange,
  returns: [200, z.object({ preferences: Preferences })],
})

export const preferenceContracts = [getPreferences, changePreferences] as const
