import type { Language, LanguageFunction } from '../../../../src/bots/host/language/contract.ts'

/** One thing that can be written, as a list of completions and a hint show it. */
export interface Word {
  /** As it is written, with dots. */
  readonly name: string
  readonly kind: 'function' | 'method' | 'variable' | 'class' | 'namespace' | 'keyword'
  /** How it is called, or what type it has. */
  readonly detail: string
  readonly about: string
  readonly example?: string
}

const functionWords = (each: LanguageFunction): Word[] =>
  [each.name, ...each.aliases].map((name) => ({
    name,
    kind: 'function',
    detail: each.signature.replace(each.name, name),
    about: [each.about, each.notes ?? ''].filter(Boolean).join(' '),
    example: each.example,
  }))

/** What `bot` has: all of `Bot`, and the methods of Telegram. */
const botWords = (words: readonly Word[]): Word[] =>
  words.filter(({ name }) => name.startsWith('Bot.')).map((word) => ({ ...word, name: `bot${word.name.slice(3)}` }))

const methodWords = ({ methods }: Language): Word[] =>
  methods.flatMap(({ name, snake_case, chat, required, optional }) => {
    const first = chat === 'first' ? ['chat_id'] : chat === 'optional' ? ['chat_id=…'] : []
    const list = [...required, ...first, ...optional.map((each) => `${each}=None`), '**more'].join(', ')
    return [...new Set([name, snake_case])].map((spelt) => ({
      name: `bot.${spelt}`,
      kind: 'method' as const,
      detail: `bot.${spelt}(${list})`,
      about: `https://core.telegram.org/bots/api#${name.toLowerCase()}`,
    }))
  })

/** The beginnings that names share: `libs`, `libs.Random`. */
const spaces = (words: readonly Word[]): Word[] => {
  const known = new Set(words.map(({ name }) => name))
  const found = new Set<string>()
  for (const { name } of words) {
    const parts = name.split('.')
    for (let n = 1; n < parts.length; n += 1) found.add(parts.slice(0, n).join('.'))
  }
  return [...found]
    .filter((name) => !known.has(name))
    .map((name) => ({ name, kind: 'namespace', detail: '', about: '' }))
}

/** All that can be written in a command, each once. */
export const wordsOf = (language: Language): Word[] => {
  const functions = language.functions.flatMap(functionWords)
  const all: Word[] = [
    ...language.globals.map(({ name, type, about }) => ({ name, kind: 'variable' as const, detail: type, about })),
    ...functions,
    ...botWords(functions),
    ...methodWords(language),
    ...language.types.map((name) => ({ name: `types.${name}`, kind: 'class' as const, detail: '', about: '' })),
    ...language.errors.map(({ name, about }) => ({ name, kind: 'class' as const, detail: '', about })),
    ...language.modules.map((name) => ({ name, kind: 'namespace' as const, detail: 'module', about: '' })),
  ]
  const once = new Map<string, Word>()
  for (const word of [...all, ...spaces(all)]) if (!once.has(word.name)) once.set(word.name, word)
  return [...once.values()]
}

/**
 * What fits behind a text: the last part of each name that begins with what is there, one level deep.
 *
 * @param before The line up to the cursor.
 * @returns How many characters at the end are replaced.
 */
export const wordsFitting = (
  words: readonly Word[],
  before: string,
): { readonly typed: number; readonly words: Word[] } => {
  const dotted = /[A-Za-z_][\w.]*$/.exec(before)?.[0] ?? ''
  const space = dotted.slice(0, dotted.lastIndexOf('.') + 1)
  const typed = dotted.length - space.length
  const found = words.filter(({ name }) => name.startsWith(space) && !name.slice(space.length).includes('.'))
  return { typed, words: found.map((word) => ({ ...word, name: word.name.slice(space.length) })) }
}

const RUNS =
  /(?:runCommand|run_command|handleNextCommand|handle_next_command|runCommandAfter|run_command_after)\((?:[\d.]+\s*,\s*)?(?:command\s*=\s*)?["']([^"']*)$/

/** @returns What of the name of a command is typed, where one is expected. */
export const commandTyped = (before: string): string | undefined => RUNS.exec(before)?.[1]

/** The dotted name around a place in a line, up to the part that the place is in. */
export const nameAt = (line: string, at: number): string | undefined => {
  const start = /[\w.]*$/.exec(line.slice(0, at))?.[0] ?? ''
  const end = /^\w*/.exec(line.slice(at))?.[0] ?? ''
  const name = (start + end).replace(/^\.+/, '')
  return /^[A-Za-z_]/.test(name) ? name : undefined
}
