import { type RawBuilder, sql } from 'kysely'
import { cardsNear } from '../palettes/repo.ts'
import type { CardIndex } from './card-index.ts'
import { isOfMarks, type Mark, marksOfNode } from './marks.ts'
import { all, type Filter, type Has, isOfWords, type Node, type Scope, type SearchQuery } from './node.ts'

/** A search in parts that a database can answer. */
export interface Plan {
  readonly accountId: string
  readonly scope: Scope
  /** What the full-text index answers; undefined when there are no words. */
  readonly text: Node | undefined
  /** Parts of the filters that the index knows too. */
  readonly marks: readonly (readonly Mark[])[]
  /** All that is asked of the row of `cards`, its owner and its place included. */
  readonly filters: readonly RawBuilder<boolean>[]
  /** True when the index is to be asked, because of words or of filters that no other index is for. */
  readonly isInIndex: boolean
  /** True when the index alone decides. */
  readonly isOfIndex: boolean
  /** True when the filters may pass few cards, and finding these takes no walk through all of the account. */
  readonly mayBeNarrow: boolean
}

export const planOf = (index: CardIndex, accountId: string, { root, scope }: SearchQuery): Plan => {
  const parts = root.is === 'all' ? root.of : [root]
  const texts = parts.filter(isOfWords)
  const others = parts.filter((part) => !isOfWords(part))
  const place = {
    live: [sql<boolean>`cards.deleted_at is null`],
    trash: [sql<boolean>`cards.deleted_at is not null`],
    everywhere: [],
  }[scope]
  const toSql = sqlOf(index, accountId, scope)
  return {
    accountId,
    scope,
    text: texts.length === 0 ? undefined : all(texts),
    marks: others.map(marksOfNode).filter((marks) => marks !== undefined),
    isInIndex: texts.length > 0 || others.some(isOfIndexOnly),
    filters: [sql<boolean>`cards.account_id = ${accountId}`, ...place, ...others.map(toSql)],
    isOfIndex: others.every(isOfMarks),
    mayBeNarrow: others.some(isIndexed),
  }
}

const isOfIndexOnly = (node: Node): boolean => {
  if (node.is === 'any') return isOfMarks(node) && node.of.some(isOfIndexOnly)
  if (node.is !== 'filter') return false
  const { filter } = node
  return filter.by === 'tag' || filter.by === 'size' || (filter.by === 'has' && filter.what !== 'color')
}

/** True of filters for which the rows of `cards`, or of what belongs to them, have an index. */
const isIndexed = (node: Node): boolean => {
  if (node.is !== 'filter') return false
  const { filter } = node
  return filter.by === 'created' || filter.by === 'color' || (filter.by === 'favorite' && filter.favorite)
}

const sqlOf = (index: CardIndex, accountId: string, scope: Scope) => {
  const toSql = (node: Node): RawBuilder<boolean> => {
    if (node.is === 'filter') return filterSql(node.filter, accountId)
    if (isOfWords(node)) {
      const found = index.matches({ accountId, scope, text: node, marks: [] })
      return sql<boolean>`cards.number in (select number from (${found}) as matches)`
    }
    if (node.is === 'not') return sql<boolean>`not (${toSql(node.of[0])})`
    if (node.is === 'words') return sql<boolean>`false`
    return sql<boolean>`(${sql.join(node.of.map(toSql), node.is === 'all' ? sql` and ` : sql` or `)})`
  }
  return toSql
}

const filterSql = (filter: Filter, accountId: string): RawBuilder<boolean> => {
  switch (filter.by) {
    case 'type':
      return sql<boolean>`cards.type in (${sql.join(filter.types)})`
    case 'tag':
      return sql<boolean>`cards.number in (select card_number from card_tags
        where account_id = ${accountId} and name_key = ${filter.key}
        union all select card_number from card_ai_tags
        where account_id = ${accountId} and name_key = ${filter.key})`
    case 'favorite':
      return sql<boolean>`cards.is_favorited = ${sql.lit(filter.favorite ? 1 : 0)}`
    case 'has':
      return HAS_SQL[filter.what]
    case 'created':
      return between(sql`cards.created_at`, filter.from, filter.to === undefined ? undefined : filter.to - 1)
    case 'size':
      return between(sql`coalesce(cards.file_size, octet_length(cards.content))`, filter.min, filter.max)
    case 'color':
      return sql<boolean>`cards.number in ${cardsNear(accountId, filter.hex, filter.hue)}`
    default:
      return sql<boolean>`1 = 0`
  }
}

const between = (value: RawBuilder<unknown>, least?: number, most?: number): RawBuilder<boolean> => {
  const parts = [
    ...(least === undefined ? [] : [sql<boolean>`${value} >= ${least}`]),
    ...(most === undefined ? [] : [sql<boolean>`${value} <= ${most}`]),
  ]
  return parts.length === 0 ? sql<boolean>`1 = 1` : sql<boolean>`(${sql.join(parts, sql` and `)})`
}

const ofKind = (kind: string): RawBuilder<boolean> =>
  sql<boolean>`(cards.type = ${kind} or coalesce(cards.mime_type, '') like ${`${kind}/%`})`
const notBlank = (column: string): RawBuilder<boolean> => sql<boolean>`trim(coalesce(${sql.ref(column)}, '')) <> ''`

const HAS_SQL: Readonly<Record<Has, RawBuilder<boolean>>> = {
  file: sql<boolean>`cards.file_name is not null`,
  link: sql<boolean>`cards.url is not null`,
  note: notBlank('cards.notes'),
  image: ofKind('image'),
  video: ofKind('video'),
  audio: ofKind('audio'),
  document: sql<boolean>`cards.type = 'document'`,
  tag: sql<boolean>`exists (select 1 from card_tags where card_tags.card_number = cards.number)`,
  title: notBlank('cards.title'),
  description: notBlank('cards.description'),
  content: notBlank('cards.content'),
  color: sql<boolean>`exists (select 1 from card_colors where card_colors.card_number = cards.number)`,
  text: sql<boolean>`exists (select 1 from card_texts where card_texts.card_number = cards.number and extracted <> '')`,
}
