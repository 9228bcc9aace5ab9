export const BOT_TABS = [
  'workshop',
  'overview',
  'users',
  'data',
  'broadcasts',
  'tasks',
  'tests',
  'errors',
  'settings',
] as const
export type BotTab = (typeof BOT_TABS)[number]

/** What the part of an address behind `/bots/` names. */
export type Place =
  | { readonly kind: 'list' | 'trash' }
  | { readonly kind: 'bot'; readonly botid: string; readonly tab: BotTab }
  | { readonly kind: 'nothing' }

/** @param rest Decoded, as the router hands it over. */
export const placeOf = (rest: string): Place => {
  const [first = '', second, third] = rest.replace(/\/+$/, '').split('/')
  if (third !== undefined) return { kind: 'nothing' }
  if (first === '') return { kind: 'list' }
  if (first === 'trash') return { kind: second === undefined ? 'trash' : 'nothing' }
  const tab = second === undefined ? 'workshop' : BOT_TABS.find((name) => name === second)
  return tab === undefined ? { kind: 'nothing' } : { kind: 'bot', botid: first, tab }
}

/** What stands behind `/bots/` for a tab of a bot; the workshop is the bot's own address. */
export const tabPath = (botid: string, tab: BotTab): string => (tab === 'workshop' ? botid : `${botid}/${tab}`)

/** What an address says besides the place. */
export interface BotsSearch {
  /** The command that is open, of the workshop. */
  readonly command?: string
  /** 1-based: where an error is. */
  readonly line?: number
  /** What a list shows a part by. */
  readonly filter?: string
  readonly q?: string
  /** Days of the plots. */
  readonly days?: number
  /** The user whose data is shown. */
  readonly user?: string
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined

const countOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined

/** Reads what stands in an address; what it does not know it leaves out. */
export const botsSearch = (search: Readonly<Record<string, unknown>>): BotsSearch => {
  const read = {
    command: textOf(search.command),
    line: countOf(search.line),
    filter: textOf(search.filter),
    q: textOf(search.q),
    days: countOf(search.days),
    user: textOf(search.user),
  }
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined))
}
