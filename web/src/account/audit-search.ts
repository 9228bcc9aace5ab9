/** The filters of the log, as they stand in the address. */
export interface AuditSearch {
  readonly action?: string
  readonly actor?: string
  /** A day: `2026-01-15`. */
  readonly since?: string
  readonly until?: string
}

const dayOf = (value: unknown): string | undefined =>
  typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined
const wordOf = (value: unknown, form: RegExp): string | undefined =>
  typeof value === 'string' && form.test(value) ? value : undefined

/** Reads what stands in an address; what it does not know it leaves out. */
export const parseAuditSearch = (search: Readonly<Record<string, unknown>>): AuditSearch => {
  const read = {
    action: wordOf(search.action, /^[a-z-]{1,32}(\.[a-z-]{1,32})?$/),
    actor: wordOf(search.actor, /^[\w:.-]{1,80}$/),
    since: dayOf(search.since),
    until: dayOf(search.until),
  }
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined))
}
