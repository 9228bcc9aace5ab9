import { z } from 'zod'

export type JsonObject = { [name: string]: unknown }

/** Collects the schemas of a document, so that each named one is written once and referred to everywhere else. */
export interface SchemaBook {
  /**
   * @param io `input` for what a caller sends, `output` for what the server answers.
   * @param owner Names the parts of a recursive schema that has no name of its own.
   * @returns A JSON Schema whose named parts are references into the book.
   */
  of(schema: z.ZodType, io: 'input' | 'output', owner: string): JsonObject
  /** As `of`, but never a reference itself: for objects whose members are spread over parameters or form fields. */
  open(schema: z.ZodType, io: 'input' | 'output', owner: string): JsonObject
  /** @returns A reference to `schema`, which is kept under `name`, or under a name like it if that one is taken. */
  define(name: string, schema: JsonObject): JsonObject
  /** Everything that was referred to, by name and in order of names. */
  all(): Record<string, JsonObject>
}

const COMPONENTS = '#/components/schemas/'
const DEFS = '#/$defs/'

/**
 * A schema with `.meta({ id })` becomes a component of that name. Where a caller may send less than the server
 * answers (defaults), the sent form is called `<id>Input`.
 */
export const schemaBook = (): SchemaBook => {
  const kept = new Map<string, { signature: string; schema: JsonObject }>()
  const done = { input: new Map<z.ZodType, JsonObject>(), output: new Map<z.ZodType, JsonObject>() }

  // Equal signatures mean equal schemas all the way down, although the references in them have no final names yet.
  const take = (name: string, signature: string, variant: string): { name: string; isNew: boolean } => {
    for (const candidate of namesLike(name, variant)) {
      const before = kept.get(candidate)
      if (before?.signature === signature) return { name: candidate, isNew: false }
      if (before === undefined) return { name: candidate, isNew: true }
    }
    throw new Error('unreachable: the names never end')
  }
  const hoist = (defs: Record<string, JsonObject>, io: 'input' | 'output', owner: string): Map<string, string> => {
    const names = new Map<string, string>()
    const added: [name: string, def: string][] = []
    for (const def of Object.keys(defs)) {
      const wanted = def.startsWith('__schema') ? `${owner}Part` : def
      const signature = JSON.stringify(closure(defs, def))
      const { name, isNew } = take(wanted, signature, io === 'input' ? 'Input' : '')
      names.set(def, name)
      if (!isNew) continue
      added.push([name, def])
      kept.set(name, { signature, schema: {} })
    }
    for (const [name, def] of added) {
      const entry = kept.get(name)
      if (entry !== undefined) entry.schema = renamed(defs[def] ?? {}, names)
    }
    return names
  }
  const of: SchemaBook['of'] = (schema, io, owner) => {
    const known = done[io].get(schema)
    if (known !== undefined) return known
    const { $schema: _, $defs, ...root } = toJsonSchema(schema, io)
    const names = hoist(isDefs($defs) ? $defs : {}, io, owner)
    const result = renamed(root, names)
    done[io].set(schema, result)
    return result
  }

  return {
    of,
    open(schema, io, owner) {
      const found = of(schema, io, owner)
      const { $ref, ...rest } = found
      if (typeof $ref !== 'string') return found
      return { ...kept.get($ref.slice(COMPONENTS.length))?.schema, ...rest }
    },
    define(wanted, schema) {
      const signature = JSON.stringify(schema)
      const { name, isNew } = take(wanted, signature, '')
      if (isNew) kept.set(name, { signature, schema })
      return { $ref: COMPONENTS + name }
    },
    all: () => Object.fromEntries([...kept].map(([name, { schema }]) => [name, schema] as const).sort(byName)),
  }
}

export const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : a > b ? 1 : 0

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `not found` and `not-found` as `NotFound`. */
export const pascal = (words: string): string =>
  words
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')

function* namesLike(name: string, variant: string): Generator<string, never> {
  yield name
  if (variant !== '') yield name + variant
  for (let number = 2; ; number++) yield `${name}${variant}${number}`
}

// JSON Schema has no word for these, but their JSON has a form.
const AS_JSON: Record<string, JsonObject> = {
  date: { type: 'string', format: 'date-time' },
  bigint: { type: 'integer' },
}

const toJsonSchema = (schema: z.ZodType, io: 'input' | 'output'): JsonObject => ({
  ...z.toJSONSchema(schema, {
    io,
    unrepresentable: ({ zodSchema }) => AS_JSON[zodSchema._zod.def.type] ?? 'any',
    override: ({ zodSchema, jsonSchema }) => tidy(zodSchema._zod.def, jsonSchema),
  }),
})

const tidy = (def: z.core.$ZodTypes['_zod']['def'], json: JsonObject): void => {
  // A plain object drops what it does not know. To say that nothing may be added would make every new field a break.
  if (def.type === 'object' && def.catchall === undefined) delete json.additionalProperties
  // The format says it; the pattern of a date-time alone is 300 characters.
  if (def.type === 'string' && json.format !== undefined) delete json.pattern
  if (json.minimum === Number.MIN_SAFE_INTEGER) delete json.minimum
  if (json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum
  // JSON Schema, and with it OpenAPI 3.1, knows only the list.
  if ('example' in json) {
    json.examples = [json.example]
    delete json.example
  }
}

const isDefs = (value: unknown): value is Record<string, JsonObject> => typeof value === 'object' && value !== null

/** Every definition that `def` reaches, itself included. */
const closure = (defs: Record<string, JsonObject>, def: string): Record<string, JsonObject> => {
  const reached: Record<string, JsonObject> = {}
  const visit = (name: string): void => {
    const schema = defs[name]
    if (schema === undefined || reached[name] !== undefined) return
    reached[name] = schema
    for (const target of refsIn(schema)) visit(target)
  }
  visit(def)
  return reached
}

const refsIn = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap(refsIn)
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner.slice(DEFS.length)] : refsIn(inner),
  )
}

const renamed = (schema: JsonObject, names: ReadonlyMap<string, string>): JsonObject => {
  const walk = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map(walk)
    return walkObject(value)
  }
  const walkObject = (value: object): JsonObject =>
    Object.fromEntries(
      Object.entries(value).map(([key, inner]) =>
        key === '$ref' && typeof inner === 'string' && inner.startsWith(DEFS)
          ? [key, COMPONENTS + (names.get(inner.slice(DEFS.length)) ?? inner)]
          : [key, walk(inner)],
      ),
    )
  return walkObject(schema)
}
