import type { Migration } from '../platform/db/index.ts'

/** The database's history, oldest first. A step that was released is never changed; a new one is added at the end. */
export const migrations: readonly Migration[] = []
