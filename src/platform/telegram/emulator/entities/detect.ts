import type { Entity } from '../state.ts'

/** What Telegram finds in plain text by itself, each with the pattern that finds it; earlier ones win. */
const PATTERNS: readonly (readonly [type: string, pattern: RegExp])[] = [
  ['url', /\b(?:https?|tg|ton|ftp):\/\/[^\s<>"']*[^\s<>"'.,:;!?)\]}]/giu],
  ['email', /(?<![\w.+-])[\w.+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}\b/giu],
  [
    'url',
    /(?<![\w@./-])(?:[a-z0-9-]+\.)+(?:com|org|net|io|me|dev|app|ru|de|uk|ua|info|xyz|gg)\b(?:\/[^\s<>"']*[^\s<>"'.,:;!?)\]}])?/giu,
  ],
  ['mention', /(?<![\w@/])@[a-z0-9_]{4,32}(?!\w)/giu],
  ['bot_command', /(?<![\w/<>])\/[a-z0-9_]{1,64}(?:@[a-z0-9_]{3,32})?(?![\w/>])/giu],
  ['hashtag', /(?<![\p{L}\p{N}_#&])#(?=[\p{N}_]*\p{L})[\p{L}\p{N}_]{1,255}/giu],
  ['cashtag', /(?<![\w$])\$[A-Z]{1,8}(?![\w$])/gu],
]

/** Inside these nothing else is looked for. */
const OPAQUE = new Set(['pre', 'code', 'text_link', 'text_mention', 'custom_emoji'])

const overlaps = (a: Entity, b: Entity) => a.offset < b.offset + b.length && b.offset < a.offset + a.length

/** @returns Commands, mentions, addresses and tags that the text holds and the given entities do not cover. */
export const detectEntities = (text: string, given: readonly Entity[]): Entity[] => {
  const taken = given.filter(({ type }) => OPAQUE.has(type))
  const found: Entity[] = []
  for (const [type, pattern] of PATTERNS) {
    for (const match of text.matchAll(pattern)) {
      const entity: Entity = { type, offset: match.index, length: match[0].length }
      if (![...taken, ...found].some((other) => overlaps(entity, other))) found.push(entity)
    }
  }
  return found
}
