import { z } from 'zod'
import type { Recipient } from './repo.ts'

/** What is sent to everybody. */
export const Source = z.discriminatedUnion('mode', [
  z.object({ mode: z.literal('function'), method: z.string(), params: z.record(z.string(), z.json()) }),
  z.object({ mode: z.literal('text'), text: z.string(), params: z.record(z.string(), z.json()) }),
  /** `orText`: what does not compile as Python is a text. */
  z.object({ mode: z.literal('code'), code: z.string(), orText: z.boolean() }),
  z.object({ mode: z.literal('command'), command: z.string() }),
])
export type Source = z.infer<typeof Source>

/** The call for one chat, of a source that is one. */
export const callFor = (
  source: Extract<Source, { mode: 'function' | 'text' }>,
  chatId: number,
  recipient: Recipient | undefined,
  defaultParseMode: string | null,
): { readonly method: string; readonly params: Record<string, unknown> } => {
  const method = source.mode === 'text' ? 'sendMessage' : source.method
  const given = source.mode === 'text' ? { ...source.params, text: source.text } : source.params
  const isFormatted = 'text' in given || 'caption' in given
  const parsed =
    isFormatted && given.parse_mode === undefined && given.entities === undefined && defaultParseMode !== null
      ? { ...given, parse_mode: defaultParseMode }
      : given
  const params: Record<string, unknown> = { ...parsed, chat_id: chatId }
  const parseMode = String(parsed.parse_mode ?? '').toLowerCase()
  for (const name of ['text', 'caption']) {
    const text = params[name]
    if (typeof text === 'string') params[name] = filled(text, chatId, recipient, parseMode)
  }
  return { method, params }
}

const PLACEHOLDER = /\{(user_name|first_name|username|user_id|chat_id)\}/g

/** A name is somebody else's text: where the message has a markup, it must not be read as such. */
const filled = (text: string, chatId: number, recipient: Recipient | undefined, parseMode: string): string => {
  const { first_name = '', last_name = null, username = null, user_id = chatId } = recipient ?? {}
  const values: { readonly [name: string]: string } = {
    user_name: [first_name, last_name].filter(Boolean).join(' '),
    first_name,
    username: username ?? '',
    user_id: String(user_id),
    chat_id: String(chatId),
  }
  return text.replace(PLACEHOLDER, (_, name: string) => escaped(values[name] ?? '', parseMode))
}

const escaped = (value: string, parseMode: string): string => {
  if (parseMode === 'html') return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  if (parseMode === 'markdownv2') return value.replace(/[_*[\]()~`>#+\-=|{}.!\\]/g, '\\$&')
  return parseMode === 'markdown' ? value.replace(/[_*`[]/g, '\\$&') : value
}
