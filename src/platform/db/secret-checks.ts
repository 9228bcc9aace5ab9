import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Database } from './index.ts'

declare module './tables.ts' {
  interface Tables {
    secret_checks: { name: string; digest: Buffer }
  }
}

/** A secret without which the contents of the database are worth nothing. */
export interface CheckedSecret {
  /** Its setting, without the prefix. */
  readonly name: string
  /** Its file in the data folder's `secrets/`. */
  readonly file: string
  readonly value: string
}

/**
 * Lets a program start only with the secrets that the database was made with. With others, because a file was lost or
 * two processes were not given the same ones, every key and password would be refused, one by one and without a reason.
 *
 * @throws {Error} For the operator: which secret is another, and what to do.
 */
export const checkSecrets = async (database: Database, secrets: readonly CheckedSecret[]): Promise<void> => {
  for (const { name, file, value } of secrets) {
    const digest = createHmac('sha256', value).update('latchkey secret check').digest()
    await database.db
      .insertInto('secret_checks')
      .values({ name, digest })
      .onConflict((oc) => oc.column('name').doNothing())
      .execute()
    const known = await database.db
      .selectFrom('secret_checks')
      .select('digest')
      .where('name', '=', name)
      .executeTakeFirstOrThrow()
    if (timingSafeEqual(known.digest, digest)) continue
    throw new Error(
      `This database was made with another secret than secrets/${file} of the data folder or LATCHKEY_${name}. ` +
        'Restore that secret from a backup, or give every process the same one.',
    )
  }
}
