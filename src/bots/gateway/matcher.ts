import type { Trigger } from './update.ts'

/** A command as the matcher sees it. */
export interface Matchable {
  readonly name: string
  readonly code: string
}

export interface Match<C extends Matchable> {
  readonly command: C
  /** What followed the command's name; null where nothing did. */
  readonly params: string | null
}

// These texts are messages; what else has a text, such as an edited one, starts a handler of its own.
const MATCHED = new Set(['message', 'callback_query'])

/**
 * Finds the command for an update: the whole text as a name, else the first word of a text that begins with `/`, with
 * the rest as its parameters, else `/handler_callback_query` for a button, else `*`. Case matters. `/start@my_bot` means `/start` when the bot is meant.
 *
 * @returns undefined when no command is for it.
 */
export const matchCommand = <C extends Matchable>(
  commands: ReadonlyMap<string, C>,
  trigger: Trigger,
  username: string,
): Match<C> | undefined => {
  const { text, type } = trigger
  if (!MATCHED.has(type)) return toMatch(commands.get(`/handler_${type}`) ?? commands.get('/handler_special_updates'))
  if (text !== null) {
    const exact = commands.get(text)
    if (exact !== undefined && !RESERVED.has(text)) return { command: exact, params: null }
    const spoken = text.startsWith('/') ? byFirstWord(commands, text, username) : undefined
    if (spoken !== undefined) return spoken
  }
  // Buttons may have a handler of their own for what is no command.
  const fallback = type === 'callback_query' ? commands.get('/handler_callback_query') : undefined
  return toMatch(fallback ?? commands.get('*'))
}

// Names with a meaning of their own: a person who types one of them does not call it.
const RESERVED = new Set(['*', '@', '~', '!', '.env'])

const toMatch = <C extends Matchable>(command: C | undefined): Match<C> | undefined =>
  command === undefined ? undefined : { command, params: null }

const byFirstWord = <C extends Matchable>(
  commands: ReadonlyMap<string, C>,
  text: string,
  username: string,
): Match<C> | undefined => {
  const space = text.search(/\s/)
  const word = space < 0 ? text : text.slice(0, space)
  const at = word.indexOf('@')
  if (at >= 0 && word.slice(at + 1).toLowerCase() !== username.toLowerCase()) return undefined
  const command = commands.get(at < 0 ? word : word.slice(0, at))
  if (command === undefined) return undefined
  const rest = space < 0 ? '' : text.slice(space + 1).trim()
  return { command, params: rest === '' ? null : rest }
}
