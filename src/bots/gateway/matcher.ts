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
  /** The text names the command, or an alias of it; false for what takes the rest. */
  readonly isNamed: boolean
}

/** The commands that may answer: without those that are not for the person. */
export interface Candidates<C extends Matchable> {
  get(name: string): C | undefined
  /** By another name. */
  byAlias?(alias: string): C | undefined
}

// These texts are messages; what else has a text, such as an edited one, starts a handler of its own.
const MATCHED = new Set(['message', 'callback_query'])

/** Names with a meaning of their own: a person who types one of them does not call it. */
export const RESERVED: ReadonlySet<string> = new Set(['*', '@', '~', '!', '.env'])

/**
 * Finds the command for an update: the whole text as a name, else the first word of a text that begins with `/`, with
 * the rest as its parameters, else an alias, else `/joined` for new members of a chat, else
 * `/handler_callback_query` for a button, else `*`. Case matters. `/start@my_bot` means `/start` when the bot is meant.
 *
 * @returns undefined when no command is for it.
 */
export const matchCommand = <C extends Matchable>(
  commands: Candidates<C>,
  trigger: Trigger,
  username: string,
): Match<C> | undefined => {
  const { text, type, joined } = trigger
  if (!MATCHED.has(type)) return toMatch(commands.get(`/handler_${type}`) ?? commands.get('/handler_special_updates'))
  const named = text === null ? undefined : byName(commands, text, username)
  if (named !== undefined) return named
  if (joined) return toMatch(commands.get('/joined') ?? commands.get('*'))
  // Buttons may have a handler of their own for what is no command.
  const fallback = type === 'callback_query' ? commands.get('/handler_callback_query') : undefined
  return toMatch(fallback ?? commands.get('*'))
}

const toMatch = <C extends Matchable>(command: C | undefined): Match<C> | undefined =>
  command === undefined ? undefined : { command, params: null, isNamed: false }

const byName = <C extends Matchable>(commands: Candidates<C>, text: string, username: string): Match<C> | undefined => {
  const exact = RESERVED.has(text) ? undefined : commands.get(text)
  if (exact !== undefined) return { command: exact, params: null, isNamed: true }
  const spoken = text.startsWith('/') ? byFirstWord((name) => commands.get(name), text, username) : undefined
  if (spoken !== undefined) return spoken
  const aliased = RESERVED.has(text) ? undefined : commands.byAlias?.(text)
  if (aliased !== undefined) return { command: aliased, params: null, isNamed: true }
  return text.startsWith('/') ? byFirstWord((name) => commands.byAlias?.(name), text, username) : undefined
}

const byFirstWord = <C extends Matchable>(
  find: (name: string) => C | undefined,
  text: string,
  username: string,
): Match<C> | undefined => {
  const space = text.search(/\s/)
  const word = space < 0 ? text : text.slice(0, space)
  const at = word.indexOf('@')
  if (at >= 0 && word.slice(at + 1).toLowerCase() !== username.toLowerCase()) return undefined
  const command = find(at < 0 ? word : word.slice(0, at))
  if (command === undefined) return undefined
  const rest = space < 0 ? '' : text.slice(space + 1).trim()
  return { command, params: rest === '' ? null : rest, isNamed: true }
}
