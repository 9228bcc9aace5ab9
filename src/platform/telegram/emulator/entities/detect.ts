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

/** @returns Commands, mentions, addresses and tags that the text holds and the given entities do not cover. */
export const detectEntities = (text: string, given: readonly Entity[]): Entity[] => {
  const taken = new Uint8Array(text.length)
  for (const { type, offset, length } of given) if (OPAQUE.has(type)) taken.fill(1, offset, offset + length)
  const found: Entity[] = []
  for (const [type, pattern] of PATTERNS) {
    for (const { index: offset, 0: match } of text.matchAll(pattern)) {
      const end = offset + match.length
      if (taken.subarray(offset, end).includes(1)) continue
      taken.fill(1, offset, end)
      found.push({ type, offset, length: match.length })
    }
  }
  return found
}
