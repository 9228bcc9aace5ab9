import { PostgresDialect } from 'kysely'
import pg from 'pg'

// int8 counts, sizes and milliseconds: all of ours stay below 2^53.
const INT8 = 20
const NUMERIC = 1700

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
  return { dialect: new PostgresDialect({ pool }), pool }
}
