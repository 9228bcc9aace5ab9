import { z } from 'zod'
import { HostCallError, type Json } from '../sandbox/index.ts'
import type { HostContext } from './context.ts'
import type { Parameter } from './parameters.ts'

export type Parameters = { readonly [name: string]: Parameter }

/** What a command can call, as data: the facade in Python, the checks of arguments and the reference come from it. */
export interface Declaration<P extends Parameters = Parameters> {
  /** Dotted, as it is written in a command: `Bot.runCommandAfter`, `libs.Random.randomInt`, `handleNextCommand`. */
  readonly name: string
  /** More dotted names of the same: `['runCommandAfter']`. Snake case of every name below a group is understood anyway. */
  readonly aliases?: readonly string[]
  /** In the order of positional arguments. */
  readonly parameters: P
  /** Accepts further keyword arguments, which the handler finds in `more`; the text says what they are. */
  readonly more?: string
  /** A Python type: `dict`, `str | None`. */
  readonly returns: string
  /** One sentence. */
  readonly about: string
  /** Python. */
  readonly example: string
  readonly notes?: string
  /**
   * `host`: the function in Python is made from this declaration. `internal`: for our own Python files, commands do not
   * see it. Default `host`.
   */
  readonly facade?: 'host' | 'internal'
}

type ArgsOf<P extends Parameters> = {
  readonly [N in keyof P]: P[N] extends Parameter<infer T> ? T : never
} & { readonly more: { readonly [name: string]: Json } }

/** Does what was asked for. The arguments are checked; what they mean is not. */
export type Handle<P extends Parameters> = (args: ArgsOf<P>, context: HostContext) => Promise<Json>

export interface Handler {
  readonly declaration: Declaration
  readonly run: (
    args: readonly Json[],
    kwargs: { readonly [name: string]: Json },
    context: HostContext,
  ) => Promise<Json>
}

/** Declares a host call. Put it into the list in `declarations.ts` too. */
export const declare = <const P extends Parameters>(declaration: Declaration<P>): Declaration<P> => declaration

/** Gives a declared host call what it does. */
export const handle = <P extends Parameters>(declaration: Declaration<P>, work: Handle<P>): Handler => {
  const names = Object.keys(declaration.parameters)
  const schema = z.object(
    Object.fromEntries(Object.entries(declaration.parameters).map(([name, { schema }]) => [name, schema])),
  )
  return {
    declaration,
    run: async (args, kwargs, context) => {
      const { named, more } = bind(declaration, names, args, kwargs)
      const parsed = schema.safeParse(named)
      if (!parsed.success) throw wrongArgument(declaration, named, parsed.error)
      // The schema was made from the same parameters as the type.
      return work({ ...parsed.data, more } as ArgsOf<P>, context)
    },
  }
}

const lastOf = (name: string): string => name.slice(name.lastIndexOf('.') + 1)

/** Python has bound the arguments already; but what arrives is a stranger's frame, and so it is done again. */
const bind = (
  { name, parameters, more: takesMore }: Declaration,
  names: readonly string[],
  args: readonly Json[],
  kwargs: { readonly [name: string]: Json },
) => {
  const fail = (text: string): never => {
    throw new HostCallError(`${lastOf(name)}() ${text}`, { kind: 'TypeError' })
  }
  if (args.length > names.length) fail(`takes at most ${names.length} arguments, ${args.length} were given`)
  const named: { [name: string]: Json } = {}
  const more: { [name: string]: Json } = {}
  for (const [index, value] of args.entries()) named[names[index]!] = value
  for (const [key, value] of Object.entries(kwargs)) {
    if (Object.hasOwn(named, key)) fail(`got several values for '${key}'`)
    if (Object.hasOwn(parameters, key)) named[key] = value
    else if (takesMore === undefined) fail(`has no argument '${key}'`)
    else more[key] = value
  }
  for (const key of names) {
    if (Object.hasOwn(named, key)) continue
    const fallback = parameters[key]!.default
    if (fallback === undefined) fail(`needs '${key}'`)
    else named[key] = fallback
  }
  return { named, more }
}

const WORDS: { readonly [kind: string]: string } = {
  text: 'text',
  int: 'a whole number',
  number: 'a number',
  bool: 'True or False',
  json: 'a value',
  value: 'a value',
  object: 'a dict',
  list: 'a list',
  user: "a user's number",
  file: 'a file',
}

const wrongArgument = (
  { name, parameters }: Declaration,
  named: { readonly [name: string]: Json },
  error: z.ZodError,
): HostCallError => {
  const key = String(error.issues[0]?.path[0] ?? '')
  const wanted = WORDS[parameters[key]?.kind ?? ''] ?? 'something else'
  const given = JSON.stringify(named[key] ?? null).slice(0, 60)
  return new HostCallError(`${lastOf(name)}(): '${key}' must be ${wanted}, not ${given}`, { kind: 'TypeError' })
}
