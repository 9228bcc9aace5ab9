import { botAddress, cardAddress, cardName, fileAddress } from '../app/addresses.ts'
import type { FoundBot, FoundFile } from '../app/finding.ts'
import { formatBytes } from '../texts.ts'
import type { Item } from './river.ts'

export const fileItem = (file: FoundFile): Item => ({
  id: file.id,
  area: 'files',
  name: file.file_name,
  about: formatBytes(file.file_size),
  href: fileAddress(file),
  at: Date.parse(file.created_at),
})

export const cardItem = (card: {
  readonly id: string
  readonly content: string
  readonly metadataTitle: string | null
  readonly url: string | null
  readonly type: string
  readonly createdAt: number
  readonly fileName?: string | null | undefined
  readonly thumbnailUrl?: string | null | undefined
}): Item => ({
  id: card.id,
  area: 'cards',
  name: cardName(card),
  about: card.url === null ? '' : hostOf(card.url),
  href: cardAddress(card.id),
  at: card.createdAt,
  // Pictures of other places would tell them who looks.
  image: card.thumbnailUrl?.startsWith(location.origin) === true ? card.thumbnailUrl : undefined,
})

export const botItem = (bot: FoundBot): Item => ({
  id: bot.botid,
  area: 'bots',
  name: bot.bot_name,
  about: `@${bot.bot_username}`,
  href: botAddress(bot.botid),
  at: Date.parse(bot.updated_at),
})

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host.replace(/^www\./, '') : url)
