import fastJson from 'fast-json-stringify'
import { z } from 'zod'

type JsonSchema = { [key: string]: unknown }

type Print = (value: unknown) => string

/**
 * A function that prints exactly the fields of a reply schema. It is compiled when it first prints: most routes are never
 * asked for in the life of a process, and all of them together take a tenth of its memory.
 *
 * Schemas with a real union are printed by checking the value first: the compiled printer would have to guess the
 * branch. Everything else is printed without a check, so a missing required field is a bug that throws.
 */
export const serializerFor = (schema: z.ZodType): Print => {
  let print: Print | undefined
  return (value) => {
    print ??= compileSerializer(schema)
    return print(value)
  }
}

export const compileSerializer = (schema: z.ZodType): Print => {
  const json = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any', metadata: z.registry() }) as JsonSchema
  if (json.$defs !== undefined) return (value) => JSON.stringify(schema.parse(value))
  const printable = toPrintable(json)
  return printable === undefined ? (value) => JSON.stringify(schema.parse(value)) : fastJson(printable)
}

const KEPT = ['type', 'required', 'nullable'] as const

// Keeps what decides the printed form and drops what only validates. Undefined: there is a union inside.
const toPrintable = (schema: JsonSchema): JsonSchema | undefined => {
  const nullable = nullableBranch(schema)
  if (nullable !== undefined) {
    const inner = toPrintable(nullable)
    return inner === undefined ? undefined : { ...inner, nullable: true }
  }
  if ('anyOf' in schema || 'oneOf' in schema || 'allOf' in schema) return undefined
  const printable: JsonSchema = {}
  for (const key of KEPT) if (schema[key] !== undefined) printable[key] = schema[key]
  if (printable.type === undefined && ('enum' in schema || 'const' in schema)) return undefined
  if (isSchema(schema.items)) {
    const items = toPrintable(schema.items)
    if (items === undefined) return undefined
    printable.items = items
  }
  if (isSchema(schema.additionalProperties)) {
    const rest = toPrintable(schema.additionalProperties)
    if (rest === undefined) return undefined
    printable.additionalProperties = rest
  }
  if (isSchema(schema.properties)) {
    const properties: JsonSchema = {}
    for (const [name, property] of Object.entries(schema.properties)) {
      const inner = isSchema(property) ? toPrintable(property) : undefined
      if (inner === undefined) return undefined
      properties[name] = inner
    }
    printable.properties = properties
  }
  return printable
}

const nullableBranch = (schema: JsonSchema): JsonSchema | undefined => {
  const branches = schema.anyOf
  if (!Array.isArray(branches) || branches.length !== 2) return undefined
  const rest = branches.filter((branch) => !(isSchema(branch) && branch.type === 'null'))
  return rest.length === 1 && isSchema(rest[0]) ? rest[0] : undefined
}

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
