import { z } from 'zod'

/** A JSON Schema of an object, as the protocol wants both ends of a tool described. */
export interface JsonSchema {
  readonly type: 'object'
  readonly properties?: Readonly<Record<string, unknown>>
  readonly required?: readonly string[]
  readonly [keyword: string]: unknown
}

interface Member {
  readonly schema: object
  readonly isRequired: boolean
}

/**
 * @param end The type that is sent, or the one that is answered.
 * @returns In the draft that validators of clients know without being told.
 */
export const toJsonSchema = (schema: z.ZodType, end: 'input' | 'output'): JsonSchema => {
  // Named shapes are written out: what the reference page shares would be pointers to nowhere here.
  const options = {
    io: end,
    target: 'draft-7',
    unrepresentable: 'any',
    metadata: z.registry<{ id?: string }>(),
  } as const
  const { $schema: _draft, ...json } = z.toJSONSchema(schema, options)
  if (json.type === 'object') return { ...json, type: 'object' }
  const branches = json.anyOf ?? json.oneOf
  if (branches === undefined) throw new Error('A tool takes and answers objects.')
  return { type: 'object', properties: membersOf(branches), required: requiredIn(branches) }
}

/** A schema with more members. */
export const withMembers = (schema: JsonSchema, members: Readonly<Record<string, Member>>): JsonSchema => {
  const added = Object.entries(members)
  const required = [
    ...added.filter(([, { isRequired }]) => isRequired).map(([name]) => name),
    ...(schema.required ?? []),
  ]
  return {
    ...schema,
    properties: { ...Object.fromEntries(added.map(([name, { schema: own }]) => [name, own])), ...schema.properties },
    ...(required.length === 0 ? {} : { required }),
  }
}

type Branch = z.core.JSONSchema.BaseSchema | boolean

// Many clients take no alternatives at the top: one object with what any of them has, and the endpoint decides.
const membersOf = (branches: readonly Branch[]): Record<string, unknown> => {
  const members = new Map<string, unknown[]>()
  for (const branch of branches) {
    if (typeof branch === 'boolean') continue
    for (const [name, member] of Object.entries(branch.properties ?? {}))
      members.set(name, [...(members.get(name) ?? []), member])
  }
  return Object.fromEntries([...members].map(([name, all]) => [name, all.length === 1 ? all[0] : { anyOf: all }]))
}

const requiredIn = (branches: readonly Branch[]): string[] => {
  const lists = branches.map((branch) => (typeof branch === 'boolean' ? [] : (branch.required ?? [])))
  return (lists[0] ?? []).filter((name) => lists.every((list) => list.includes(name)))
}
