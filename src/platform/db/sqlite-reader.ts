import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import type { QueryResult } from 'kysely'
import { openSqlite, type SqliteExecutor, sqliteExecutor } from './sqlite-connection.ts'

interface Question {
  readonly id: number
  readonly sql: string
  readonly parameters: readonly unknown[]
}
type Reply =
  | { readonly id: number; readonly result: QueryResult<unknown> }
  | { readonly id: number; readonly message: string }

// Rows go on to the thread that asked: what is young here is never much. What is old may be, in a large answer.
const LIMITS = { maxYoungGenerationSizeMb: 4 }

/**
 * A read-only connection in a thread of its own, started at its first query, so that a long search does not hold up
 * requests that need microseconds.
 */
export const readerThread = (file: string): SqliteExecutor => {
  const waiting = new Map<number, { resolve: (result: QueryResult<unknown>) => void; reject: (error: Error) => void }>()
  let worker: Worker | undefined
  let nextId = 0

  const start = (): Worker => {
    const started = new Worker(new URL(import.meta.url), { workerData: { sqliteReader: file }, resourceLimits: LIMITS })
    started.unref()
    started.on('message', (reply: Reply) => {
      const asker = waiting.get(reply.id)
      waiting.delete(reply.id)
      if ('result' in reply) asker?.resolve({ rows: reply.result.rows.map(withBuffers) })
      else asker?.reject(new Error(reply.message))
      if (waiting.size === 0) started.unref()
    })
    started.on('error', (error: Error) => {
      worker = undefined
      for (const { reject } of waiting.values()) reject(error)
      waiting.clear()
    })
    return started
  }

  return {
    execute: (sql, parameters) =>
      new Promise((resolve, reject) => {
        worker ??= start()
        const id = nextId++
        waiting.set(id, { resolve, reject })
        worker.ref()
        worker.postMessage({ id, sql, parameters } satisfies Question)
      }),
    close: async () => {
      await worker?.terminate()
    },
  }
}

// A Buffer comes out of a message as the array that it is made of.
const withBuffers = (row: unknown): unknown =>
  Object.fromEntries(
    Object.entries(row ?? {}).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value,
    ]),
  )

const serve = (file: string): void => {
  const executor = sqliteExecutor(openSqlite({ file, synchronous: 'FULL', readOnly: true }))
  parentPort?.on('message', async ({ id, sql, parameters }: Question) => {
    try {
      parentPort?.postMessage({ id, result: toPlain(await executor.execute(sql, parameters)) } satisfies Reply)
    } catch (error) {
      parentPort?.postMessage({ id, message: error instanceof Error ? error.message : String(error) } satisfies Reply)
    }
  })
}

const toPlain = ({ rows }: QueryResult<unknown>): QueryResult<unknown> => ({ rows: [...rows] })

if (!isMainThread && typeof workerData === 'object' && workerData !== null && 'sqliteReader' in workerData)
  serve(String(workerData.sqliteReader))
