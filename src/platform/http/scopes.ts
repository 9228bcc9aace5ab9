/** What a key may do. `full_access` of the cards dialect means both card scopes and is never stored. */
export const SCOPES = [
  'files:read',
  'files:write',
  'files:delete',
  'folders:manage',
  'bots:read',
  'bots:write',
  'cards:read',
  'cards:write',
] as const

export type Scope = (typeof SCOPES)[number]

/** Scopes as a bit set: one AND decides whether a key may call an endpoint. */
export const scopeBit = (scope: Scope): number => 1 << SCOPES.indexOf(scope)

export const scopeBits = (scopes: readonly Scope[]): number => scopes.reduce((bits, scope) => bits | scopeBit(scope), 0)

export const scopesOf = (bits: number): Scope[] => SCOPES.filter((scope) => (bits & scopeBit(scope)) !== 0)

export const ALL_SCOPES: number = scopeBits(SCOPES)
