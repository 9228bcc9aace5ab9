import { badRequest } from '../failure.ts'
import type { Entity } from '../state.ts'

/** Text without markup, and what the markup said. Offsets and lengths count UTF-16 units, as JavaScript does. */
export interface Formatted {
  text: string
  entities: Entity[]
}

export const cannotParse = (message: string) => badRequest(`can't parse entities: ${message}`)

/** Telegram counts the offsets in its complaints in bytes. */
export const byteOffset = (source: string, index: number): number => Buffer.byteLength(source.slice(0, index))

/** Which of two entities on the same range is named first; the rest come after these. */
const ORDER = ['blockquote', 'expandable_blockquote', 'pre', 'code', 'text_link', 'text_mention']
const rank = ({ type }: Entity) => (ORDER.includes(type) ? ORDER.indexOf(type) : ORDER.length)

/** Outer entities come before the ones they hold. */
export const sortEntities = (entities: readonly Entity[]): Entity[] =>
  entities.toSorted((a, b) => a.offset - b.offset || b.length - a.length || rank(a) - rank(b))

const LINK_SCHEMES = new Set(['http:', 'https:', 'tg:', 'ton:', 'ftp:', 'tonsite:'])

/**
 * What a link with this target becomes: a `text_mention` for `tg://user?id=…`, a `text_link` with the address as
 * Telegram writes it, or undefined when the target is no address, and the text then stays plain.
 */
export const linkEntity = (target: string): { type: string; url?: string; user_id?: number } | undefined => {
  const user = /^tg:\/\/user\?id=(\d+)$/i.exec(target)
  if (user) return { type: 'text_mention', user_id: Number(user[1]) }
  const address = /^[a-z][a-z0-9+.-]*:/i.test(target) ? target : `http://${target}`
  if (!URL.canParse(address)) return undefined
  const url = new URL(address)
  if (!LINK_SCHEMES.has(url.protocol)) return undefined
  if (url.protocol.startsWith('http') && !url.hostname.includes('.') && url.hostname !== 'localhost') return undefined
  return { type: 'text_link', url: url.href }
}

/** The identifier in `tg://emoji?id=…`. */
export const customEmojiId = (target: string): string => {
  const match = /^tg:\/\/emoji\?id=([1-9]\d{0,18})$/.exec(target)
  if (!match?.[1]) throw cannotParse('Invalid custom emoji identifier specified')
  return match[1]
}
