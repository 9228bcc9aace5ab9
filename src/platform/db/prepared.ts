import { hash } from 'node:crypto'
import type { Compilable, CompiledQuery } from 'kysely'
import type { Db } from './index.ts'

const names = new Map<string, string>()

/** By which name PostgreSQL keeps the plan of a query on each connection; undefined for what is planned anew. */
export const preparedName = (text: string): string | undefined => names.get(text)

/** From here on the query is planned anew each time: something between us and the server keeps no plans, or it lost one. */
export const forgetPrepared = (text: string): void => {
  names.delete(text)
}

/**
 * A query that is written and compiled once, and planned once for each connection to PostgreSQL: for what every request
 * asks, where to write it again costs more than the answer. The best way to its rows must not depend on the values.
 *
 * @param build Writes the query with stand-ins for the values; what it does with them may not depend on them.
 * @returns Asks with these values.
 */
export const prepared = <Values extends object, O>(
  db: Db,
  build: (values: Values) => Compilable<O>,
): ((values: Values) => Promise<O[]>) => {
  let query: { readonly compiled: CompiledQuery<O>; readonly places: ReadonlyMap<unknown, keyof Values> } | undefined

  return async (values) => {
    query ??= compile(build)
    const { compiled, places } = query
    const parameters = compiled.parameters.map((parameter) => {
      const name = places.get(parameter)
      return name === undefined ? parameter : values[name]
    })
    return (await db.executeQuery<O>({ ...compiled, parameters })).rows
  }
}

const compile = <Values extends object, O>(build: (values: Values) => Compilable<O>) => {
  const places = new Map<unknown, keyof Values>()
  const standIns = new Proxy({} as Values, {
    get(_, name) {
      const place = Object.freeze({ name })
      places.set(place, name as keyof Values)
      return place
    },
  })
  const compiled = build(standIns).compile()
  // The same name for the same text everywhere: connections may pass through a pooler that several processes share.
  names.set(compiled.sql, `latchkey_${hash('sha256', compiled.sql).slice(0, 24)}`)
  return { compiled, places }
}
