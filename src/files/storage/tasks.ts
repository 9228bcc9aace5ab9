import type { Db } from '../../platform/db/index.ts'
import type { CopyTask } from './tables.ts'

export interface Backlog {
  readonly objects: number
  readonly bytes: number
}

export type TaskRepo = ReturnType<typeof taskRepo>

/** What is still to be copied. */
export const taskRepo = (db: Db) => {
  /** Those of moves that do not run wait, however long. */
  const open = () =>
    db
      .selectFrom('copy_tasks')
      .where((eb) =>
        eb.or([
          eb('move_id', 'is', null),
          eb('move_id', 'not in', eb.selectFrom('storage_moves').select('id').where('state', '=', 'paused')),
        ]),
      )

  return {
    /** The oldest first; `except` are under way. */
    due: (backend: string, at: number, limit: number, except: readonly string[]): Promise<CopyTask[]> =>
      open()
        .selectAll()
        .where('backend', '=', backend)
        .where('not_before', '<=', at)
        .$if(except.length > 0, (query) => query.where('object_id', 'not in', except))
        .orderBy('not_before')
        .orderBy('created_at')
        .limit(limit)
        .execute(),

    /** When the next one is due; undefined if there is none. */
    async nextAt(backend: string): Promise<number | undefined> {
      const row = await open()
        .select((eb) => eb.fn.min<number | null>('not_before').as('at'))
        .where('backend', '=', backend)
        .executeTakeFirst()
      return row?.at ?? undefined
    },

    /** Ends a task. @returns False if somebody else has, or it was cancelled. */
    async end({ chunk_id, backend, object_id }: CopyTask): Promise<boolean> {
      const row = await db
        .deleteFrom('copy_tasks')
        .where('chunk_id', '=', chunk_id)
        .where('backend', '=', backend)
        .where('object_id', '=', object_id)
        .returning('chunk_id')
        .executeTakeFirst()
      return row !== undefined
    },

    /** @param objectId A new name for the object, where the old one is spent. */
    async postpone(task: CopyTask, notBefore: number, error: string, objectId = task.object_id): Promise<boolean> {
      const row = await db
        .updateTable('copy_tasks')
        .set({ attempts: task.attempts + 1, not_before: notBefore, last_error: error, object_id: objectId })
        .where('chunk_id', '=', task.chunk_id)
        .where('backend', '=', task.backend)
        .where('object_id', '=', task.object_id)
        .returning('chunk_id')
        .executeTakeFirst()
      return row !== undefined
    },

    async backlog(): Promise<Map<string, Backlog>> {
      const rows = await db
        .selectFrom('copy_tasks')
        .select(({ fn }) => ['backend', fn.countAll<number>().as('objects'), fn.sum<number>('size_bytes').as('bytes')])
        .groupBy('backend')
        .execute()
      return new Map(rows.map(({ backend, objects, bytes }) => [backend, { objects, bytes: Number(bytes) }]))
    },

    /** Backends that have work that is due. */
    async busy(at: number): Promise<string[]> {
      const rows = await open().select('backend').distinct().where('not_before', '<=', at).execute()
      return rows.map(({ backend }) => backend)
    },
  }
}
