import type { ApiKey } from '../queries.ts'

export type Scope = ApiKey['scopes'][number]

/** The scopes of each area, the least first, as the table for a new key shows them. */
export const AREA_SCOPES = {
  files: ['files:read', 'files:write', 'files:delete', 'folders:manage'],
  bots: ['bots:read', 'bots:write'],
  cards: ['cards:read', 'cards:write'],
} as const satisfies Record<string, readonly Scope[]>

export const AREAS = ['files', 'bots', 'cards'] as const
export type Area = (typeof AREAS)[number]

export const PRESETS = {
  full: [...AREA_SCOPES.files, ...AREA_SCOPES.bots, ...AREA_SCOPES.cards],
  read: ['files:read', 'bots:read', 'cards:read'],
  upload: ['files:write'],
  capture: ['files:write', 'cards:write'],
} as const satisfies Record<string, readonly Scope[]>
export type Preset = keyof typeof PRESETS
export const PRESET_NAMES = ['full', 'read', 'upload', 'capture'] as const satisfies readonly Preset[]

const isSame = (a: ReadonlySet<Scope>, b: readonly Scope[]): boolean =>
  a.size === b.length && b.every((one) => a.has(one))

/** @returns Which preset a choice of scopes is; `own` for none of them. */
export const presetOf = (scopes: ReadonlySet<Scope>): Preset | 'own' =>
  PRESET_NAMES.find((name) => isSame(scopes, PRESETS[name])) ?? 'own'

/** What a key may do in an area, as the marks in the table say it. */
export const markOf = (scopes: readonly Scope[], area: Area): '' | 'r' | 'w' | 'rw' => {
  const may = (wanted: (scope: Scope) => boolean): boolean => scopes.some((scope) => wanted(scope))
  const reads = may((scope) => scope === `${area}:read`)
  const writes = may((scope) => AREA_SCOPES[area].some((own) => own === scope) && scope !== `${area}:read`)
  return `${reads ? 'r' : ''}${writes ? 'w' : ''}`
}

const DAY_MS = 86_400_000
const UNUSED_MS = 90 * DAY_MS
const SOON_MS = 7 * DAY_MS

export type Warning = 'unused' | 'expiring' | 'inUrl'

/** What the owner of a key should look at. */
export const warningsOf = (
  key: Pick<ApiKey, 'status' | 'created_at' | 'last_used_at' | 'expires_at' | 'uses_in_url'>,
  nowMs: number,
): Warning[] => {
  if (key.status !== 'active') return []
  const warnings: Warning[] = []
  if (nowMs - Date.parse(key.last_used_at ?? key.created_at) > UNUSED_MS) warnings.push('unused')
  if (key.expires_at !== null && Date.parse(key.expires_at) - nowMs < SOON_MS) warnings.push('expiring')
  if (key.uses_in_url > 0) warnings.push('inUrl')
  return warnings
}
