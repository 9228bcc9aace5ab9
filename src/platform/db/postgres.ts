import { PostgresDialect } from 'kysely'
import pg from 'pg'
import { forgetPrepared, preparedName } from './prepared.ts'

// int8 counts, sizes and milliseconds: all of ours stay below 2^53.
const INT8 = 20
const NUMERIC = 1700

// https://www.postgresql.org/docs/current/errcodes-appendix.html: the server has no plan of that name, another one, or one
// that no longer fits its tables.
const PLAN_IS_GONE = new Set(['26000', '42P05', '0A000'])

export const openPostgres = (url: string): { dialect: PostgresDialect; pool: pg.Pool } => {
  const types = {
    getTypeParser: (oid: number, format?: string) =>
      oid === INT8 || oid === NUMERIC
        ? (value: string) => Number(value)
        : (pg.types.getTypeParser(oid, format as 'text') as (value: string) => unknown),
  }
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 60_000,
    idle_in_transaction_session_timeout: 60_000,
    application_name: 'latchkey',
    types: types as pg.CustomTypesConfig,
    // Its estimates of searches are far above what they read, for they end early: to compile one takes longer than it does.
    onConnect: async (client) => {
      await client.query('set jit = off')
    },
  })
  // Without listeners a connection that the server closes, idle or in use, would end the process. The query that ran
  // on it rejects by itself.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  pool.on('connect', keepPlans)
  return { dialect: new PostgresDialect({ pool }), pool }
}

/** Gives a query its name, if it is one of those that are planned once. */
const keepPlans = (client: pg.ClientBase): void => {
  const ask: (...args: unknown[]) => unknown = client.query.bind(client)
  const query = (text: unknown, ...rest: unknown[]): unknown => {
    const name = typeof text === 'string' ? preparedName(text) : undefined
    if (name === undefined) return ask(text, ...rest)
    return byName(String(text), ask({ name, text }, ...rest), () => ask(text, ...rest))
  }
  client.query = query as typeof client.query
}

/** @param again Without the name. Inside a transaction that fails too: the first error is what the caller is told. */
const byName = async (text: string, answer: unknown, again: () => unknown): Promise<unknown> => {
  try {
    return await answer
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && PLAN_IS_GONE.has(error.code ?? ''))) throw error
    forgetPrepared(text)
    return Promise.resolve(again()).catch(() => {
      throw error
    })
  }
}
