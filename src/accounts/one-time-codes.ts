import type { Db } from '../platform/db/index.ts'

declare module '../platform/db/tables.ts' {
  interface Tables {
    one_time_codes: {
      hash: Buffer
      purpose: CodePurpose
      account_id: string | null
      data: string
      created_at: number
      expires_at: number
      used_at: number | null
    }
  }
}

/** What a code lets its bearer do, once. */
export type CodePurpose = 'setup' | 'invite' | 'pairing'

export interface NewCode {
  readonly hash: Buffer
  readonly purpose: CodePurpose
  /** Whose code it is; null for the setup of a server that has no account yet. */
  readonly accountId: string | null
  readonly data: string
  readonly nowMs: number
  readonly lifetimeMs: number
}

export type CodeRepo = ReturnType<typeof codeRepo>

export const codeRepo = (db: Db) => ({
  async insert({ hash, purpose, accountId, data, nowMs, lifetimeMs }: NewCode): Promise<void> {
    await db
      .insertInto('one_time_codes')
      .values({
        hash,
        purpose,
        account_id: accountId,
        data,
        created_at: nowMs,
        expires_at: nowMs + lifetimeMs,
        used_at: null,
      })
      .execute()
  },
  /** @returns The code, now used up; undefined when it is unknown, used or expired. Of two callers one gets it. */
  async use(
    hash: Buffer,
    purpose: CodePurpose,
    nowMs: number,
  ): Promise<{ accountId: string | null; data: string } | undefined> {
    const used = await db
      .updateTable('one_time_codes')
      .set({ used_at: nowMs })
      .where('hash', '=', hash)
      .where('purpose', '=', purpose)
      .where('used_at', 'is', null)
      .where('expires_at', '>', nowMs)
      .returning(['account_id', 'data'])
      .executeTakeFirst()
    return used === undefined ? undefined : { accountId: used.account_id, data: used.data }
  },
  async deleteExpired(beforeMs: number): Promise<void> {
    await db.deleteFrom('one_time_codes').where('expires_at', '<', beforeMs).execute()
  },
  /** Ends every open code of a purpose, whoever made it. */
  async expireAll(purpose: CodePurpose, nowMs: number): Promise<void> {
    await db
      .updateTable('one_time_codes')
      .set({ used_at: nowMs })
      .where('purpose', '=', purpose)
      .where('used_at', 'is', null)
      .execute()
  },
  /** Ends the open codes that an account has made, of one purpose or of all. */
  async expireOf(accountId: string, purpose: CodePurpose | 'all', nowMs: number): Promise<void> {
    await db
      .updateTable('one_time_codes')
      .set({ used_at: nowMs })
      .where('account_id', '=', accountId)
      .where('used_at', 'is', null)
      .$if(purpose !== 'all', (query) => query.where('purpose', '=', purpose === 'all' ? 'invite' : purpose))
      .execute()
  },
})
