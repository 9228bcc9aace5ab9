import { z } from 'zod'
import { isObject, type JsonObject } from './openapi-schemas.ts'

/**
 * What is wrong with an OpenAPI 3.1 document that was made from contracts: references to nothing, path parameters
 * that are not declared, ids that are not unique, words of OpenAPI 3.0, examples that their own schema refuses.
 *
 * @returns One sentence for each problem, with the place as a JSON pointer.
 */
export const documentProblems = (document: JsonObject): string[] => {
  const defs = isObject(document.components) ? document.components.schemas : {}
  const walked = walk(document, '#', { document, defs })
  return [...walked, ...operationProblems(document)]
}

interface Scope {
  readonly document: JsonObject
  readonly defs: unknown
}

const walk = (node: unknown, place: string, scope: Scope): string[] => {
  if (Array.isArray(node)) return node.flatMap((item, index) => walk(item, `${place}/${index}`, scope))
  if (!isObject(node)) return []
  // What stands in an example is data, whatever its members are called.
  const inner = Object.entries(node).filter(
    ([key]) => !['example', 'examples', 'default', 'const', 'enum'].includes(key),
  )
  return [
    ...refProblems(node, place, scope.document),
    ...('nullable' in node && typeof node.nullable === 'boolean' ? [`${place} uses nullable, a word of 3.0`] : []),
    ...exampleProblems(node, place, scope.defs),
    ...inner.flatMap(([key, value]) =>
      walk(value, `${place}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, scope),
    ),
  ]
}

const refProblems = (node: JsonObject, place: string, document: JsonObject): string[] => {
  const { $ref } = node
  if (typeof $ref !== 'string') return []
  return find(document, $ref) === undefined ? [`${place} refers to ${$ref}, which does not exist`] : []
}

const find = (document: JsonObject, pointer: string): unknown => {
  if (!pointer.startsWith('#/')) return undefined
  let at: unknown = document
  for (const part of pointer.slice(2).split('/')) {
    at = isObject(at) ? at[part.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined
  }
  return at
}

const exampleProblems = (node: JsonObject, place: string, defs: unknown): string[] => {
  const { schema, example, examples } = node
  const values: [string, unknown][] = []
  if (isObject(schema) && example !== undefined) values.push(['example', example])
  if (isObject(schema) && isObject(examples)) {
    for (const [name, item] of Object.entries(examples))
      values.push([`examples/${name}`, isObject(item) ? item.value : item])
  }
  if (Array.isArray(examples))
    values.push(...examples.map((value, index): [string, unknown] => [`examples/${index}`, value]))
  if (values.length === 0) return []
  const check = checkerOf(isObject(schema) ? schema : node, defs)
  return values.flatMap(([name, value]) => {
    const result = check.safeParse(value)
    return result.success ? [] : [`${place}/${name} is not what its schema says: ${z.prettifyError(result.error)}`]
  })
}

// Numbers and booleans of a header or a query are text on the wire and values in an example: the schema decides.
const checkerOf = (schema: JsonObject, defs: unknown): z.ZodType => {
  const local: unknown = JSON.parse(
    JSON.stringify({ ...schema, $defs: defs }).replaceAll('#/components/schemas/', '#/$defs/'),
  )
  return z.fromJSONSchema(isObject(local) ? local : {})
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch']

const operationProblems = (document: JsonObject): string[] => {
  const problems: string[] = []
  const ids = new Set<unknown>()
  for (const [path, item] of Object.entries(isObject(document.paths) ? document.paths : {})) {
    for (const [method, operation] of Object.entries(isObject(item) ? item : {})) {
      if (!METHODS.includes(method) || !isObject(operation)) continue
      const { operationId: id } = operation
      if (ids.has(id)) problems.push(`the operationId ${String(id)} is used twice`)
      ids.add(id)
      problems.push(...parameterProblems(`${method} ${path}`, path, operation.parameters))
    }
  }
  return problems
}

const parameterProblems = (place: string, path: string, parameters: unknown): string[] => {
  const declared = (Array.isArray(parameters) ? parameters : []).filter(isObject)
  const keys = declared.map((parameter) => `${String(parameter.in)} ${String(parameter.name)}`)
  const inPath = [...path.matchAll(/\{([^}]*)\}/g)].map(([, name]) => `path ${name ?? ''}`)
  return [
    ...inPath.filter((key) => !keys.includes(key)).map((key) => `${place} does not declare its ${key}`),
    ...keys
      .filter((key) => key.startsWith('path ') && !inPath.includes(key))
      .map((key) => `${place} has no place for ${key}`),
    ...keys.filter((key, index) => keys.indexOf(key) !== index).map((key) => `${place} declares ${key} twice`),
  ]
}
