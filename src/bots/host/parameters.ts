import { z } from 'zod'
import type { Json } from '../sandbox/index.ts'

/** What an argument may be. The Python reference prints these words; the schemas below are what is accepted. */
export type Kind = 'text' | 'int' | 'number' | 'bool' | 'json' | 'object' | 'list' | 'value' | 'user' | 'file'

/** One parameter of a host call, as data. Without `default` it is required. */
export interface Parameter<T = unknown> {
  readonly kind: Kind
  readonly about: string
  readonly default?: Json
  readonly schema: z.ZodType<T>
}

const MAX_ID_DIGITS = 19

// Commands are generous with types: a name may be a number, a number may be text that came from a message.
const Text = z.union([
  z.string(),
  z.number().transform(String),
  z.object({ $int: z.string() }).transform((n) => n.$int),
])
const Numeric = z.union([z.number(), z.string().trim().min(1).max(400).transform(Number).pipe(z.number())])
const Int = Numeric.pipe(z.int())
const Bool = z.union([z.boolean(), z.literal([0, 1]).transform((bit) => bit === 1)])
const Value = z.custom<Json>((value) => value !== undefined, 'must be given')
const Fields = z.record(z.string(), Value)
const Id = z.union([
  z.int(),
  z
    .string()
    .trim()
    .regex(/^-?\d+$/)
    .max(MAX_ID_DIGITS)
    .transform(Number)
    .pipe(z.int()),
])
const parameter =
  <T>(kind: Kind, schema: z.ZodType<T>) =>
  (about: string): Parameter<T> => ({ kind, about, schema })

/** Text; whole numbers are taken for their digits. */
export const text = parameter('text', Text)
/** A whole number, or text that is one. */
export const int = parameter('int', Int)
/** A number, or text that is one. */
export const number = parameter('number', Numeric)
export const bool = parameter('bool', Bool)
/** Anything that JSON can carry. `{"$int": "…"}` stands for a whole number beyond 2^53. */
export const json = parameter('json', Value)
/** Anything that JSON can carry, as its own text, so that numbers stay exact. Read it with `textOf`. */
export const value = parameter('value', Value)
/** A file in memory, the id of a file at Telegram, or what a message says of its file; or a list of such. */
export const file = parameter('file', Value)
export const object = parameter('object', Fields)
export const list = parameter('list', z.array(Value))
/** The number of a Telegram user. */
export const user = parameter('user', Id)

/** May be left out, or be None: the handler then gets null. */
export const optional = <T>(inner: Parameter<T>): Parameter<T | null> => ({
  ...inner,
  schema: inner.schema.nullable(),
  default: null,
})

/** May be left out: the handler then gets `value`. None counts as left out. */
export const defaulting = <T extends Json>(inner: Parameter<T>, value: T): Parameter<T> => ({
  ...inner,
  schema: inner.schema.nullable().transform((given) => given ?? value) as z.ZodType<T>,
  default: value,
})
