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
 * @returns Asks the database, or a transaction of it, with these values.
 */
export const prepared = <Values extends object, O>(build: (db: Db, values: Values) => Compilable<O>) => {
  // By what tells one kind of database from another; all transactions of a database share it.
  const known = new WeakMap<object, Prepared<Values, O>>()

  return async (db: Db, values: Values): Promise<O[]> => {
    const { adapter } = db.getExecutor()
    const query = known.get(adapter) ?? compile((standIns: Values) => build(db, standIns))
    known.set(adapter, query)
    const parameters = query.compiled.parameters.map((parameter) => {
      const name = query.places.get(parameter)
      return name === undefined ? parameter : values[name]
    })
    return (await db.executeQuery<O>({ ...query.compiled, parameters })).rows
  }
}

interface Prepared<Values, O> {
  readonly compiled: CompiledQuery<O>
  /** Which stand-in among the parameters stands for which value. */
  readonly places: ReadonlyMap<unknown, keyof Values>
}

const compile = <Values extends object, O>(build: (values: Values) => Compilable<O>): Prepared<Values, O> => {
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
