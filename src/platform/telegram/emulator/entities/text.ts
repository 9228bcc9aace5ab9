import { badRequest } from '../failure.ts'
import type { Entity, User } from '../state.ts'
import { detectEntities } from './detect.ts'
import { type Formatted, sortEntities } from './formatted.ts'
import { parseHtml } from './html.ts'
import { parseMarkdown } from './markdown.ts'
import { parseMarkdownV2 } from './markdown-v2.ts'

const PARSERS: Record<string, (source: string) => Formatted> = {
  html: parseHtml,
  markdown: parseMarkdown,
  markdownv2: parseMarkdownV2,
}

/** Sixteen times what a message may hold once its markup is gone; more is not worth parsing. */
const MAX_SOURCE_LENGTH = 65_536

export interface TextRequest {
  text: string
  parseMode: string
  /** Used when no parse mode is given. */
  entities: readonly Entity[] | undefined
  findUser: (id: number) => User | undefined
}

/**
 * The text as it is shown, and all of its entities: those of the markup or the list, and those found in the text.
 *
 * @throws {ApiFailure} 400 `can't parse entities: …`, `unsupported parse_mode` and `message is too long`.
 */
export const formatText = ({ text, parseMode, entities = [], findUser }: TextRequest): Formatted => {
  if (text.length > MAX_SOURCE_LENGTH) throw badRequest('message is too long')
  const mode = parseMode.toLowerCase()
  const parse = PARSERS[mode]
  if (!parse && mode !== '' && mode !== 'none') throw badRequest('unsupported parse_mode')
  const parsed = parse ? parse(text) : { text, entities: entities.filter((entity) => isWithin(text, entity)) }
  const known = parsed.entities.flatMap((entity) => resolveMention(entity, findUser))
  const trimmed = trim({ text: parsed.text, entities: known })
  const all = [...trimmed.entities, ...detectEntities(trimmed.text, trimmed.entities)]
  return { text: trimmed.text, entities: sortEntities(all) }
}

const isWithin = (text: string, { offset, length }: Entity) =>
  offset >= 0 && length > 0 && offset + length <= text.length

/** A mention of somebody Telegram does not know is plain text. */
const resolveMention = (entity: Entity, findUser: TextRequest['findUser']): Entity[] => {
  if (entity.type !== 'text_mention') return [entity]
  const { user_id, ...rest } = entity
  const given = entity.user
  const id = typeof user_id === 'number' ? user_id : Number(isRecord(given) ? given.id : Number.NaN)
  const user = findUser(id)
  return user ? [{ ...rest, user }] : []
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** Telegram drops blank space around a text, and with it the part of an entity that covered it. */
const trim = ({ text, entities }: Formatted): Formatted => {
  const start = text.length - text.trimStart().length
  const trimmed = text.trim()
  const moved = entities.map((entity) => {
    const offset = Math.max(0, entity.offset - start)
    const end = Math.min(trimmed.length, entity.offset + entity.length - start)
    return { ...entity, offset, length: end - offset }
  })
  return { text: trimmed, entities: moved.filter(({ length }) => length > 0) }
}
