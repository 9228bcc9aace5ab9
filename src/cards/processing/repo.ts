import { createHash } from 'node:crypto'
import type { Db } from '../../platform/db/index.ts'
import type { Found, ProcessingState, Stages } from './tables.ts'

/** A card as processing sees it. */
export interface Subject {
  readonly number: number
  readonly id: string
  readonly accountId: string
  readonly type: string
  readonly url: string | null
  readonly title: string | null
  readonly content: string
  readonly notes: string | null
  readonly fileId: string | null
  readonly fileName: string | null
  readonly mimeType: string | null
  readonly isTrashed: boolean
}

export interface Work {
  readonly subject: Subject
  readonly fingerprint: string
  readonly stages: Stages
}

export interface Outcome {
  readonly state: ProcessingState
  readonly stages: Stages
  readonly found: Found | null
}

/** What of a card decides about the result: when this changes, it is processed again, and old results are dropped. */
export const fingerprintOf = ({ url, fileId, content, notes }: Subject, readsText: boolean): string =>
  createHash('sha256')
    .update(JSON.stringify([url, fileId, ...(readsText ? [content, notes] : [])]))
    .digest('base64url')

export type ProcessingRepo = ReturnType<typeof processingRepo>

export const processingRepo = (db: Db) => {
  const subjects = () =>
    db
      .selectFrom('cards')
      .select([
        'cards.number',
        'cards.id',
        'cards.account_id as accountId',
        'cards.type',
        'cards.url',
        'cards.title',
        'cards.content',
        'cards.notes',
        'cards.file_id as fileId',
        'cards.file_name as fileName',
        'cards.mime_type as mimeType',
        'cards.deleted_at',
      ])

  return {
    async subject(number: number): Promise<Subject | undefined> {
      const row = await subjects().where('cards.number', '=', number).executeTakeFirst()
      return row === undefined ? undefined : { ...row, isTrashed: row.deleted_at !== null }
    },

    find: (number: number) =>
      db.selectFrom('card_processing').selectAll().where('card_number', '=', number).executeTakeFirst(),

    /** Notes that there is something to do, and forgets what was found before. */
    async want(
      { number, accountId }: Subject,
      fingerprint: string,
      stages: Stages,
      at: { readonly grantedAt: number; readonly now: number },
    ): Promise<void> {
      const row = {
        fingerprint,
        state: 'pending' as const,
        stages: JSON.stringify(stages),
        found: null,
        rounds: 0,
        granted_at: at.grantedAt,
        touched_at: at.now,
      }
      await db
        .insertInto('card_processing')
        .values({ card_number: number, account_id: accountId, ...row })
        .onConflict((oc) => oc.column('card_number').doUpdateSet(row))
        .execute()
      await db.deleteFrom('card_previews').where('card_number', '=', number).execute()
    },

    /** Lets the next `want` begin anew, although nothing has changed. */
    async unmark(number: number): Promise<void> {
      await db.updateTable('card_processing').set({ fingerprint: '' }).where('card_number', '=', number).execute()
    },

    async forget(number: number): Promise<void> {
      await db.deleteFrom('card_processing').where('card_number', '=', number).execute()
      await db.deleteFrom('card_previews').where('card_number', '=', number).execute()
    },

    /** When the account's processing before its last few began. @returns 0 where there were not so many. */
    async grantBefore(accountId: string, count: number): Promise<number> {
      const row = await db
        .selectFrom('card_processing')
        .select('granted_at')
        .where('account_id', '=', accountId)
        .orderBy('granted_at', 'desc')
        .offset(count - 1)
        .limit(1)
        .executeTakeFirst()
      return row?.granted_at ?? 0
    },

    /** Notes that work goes on. @returns What there is to do; undefined when there is nothing any more. */
    async begin(number: number, toStages: (stages: Stages) => Stages, now: number): Promise<Work | undefined> {
      const row = await this.find(number)
      const subject = await this.subject(number)
      if (row?.state !== 'pending' || subject === undefined || subject.isTrashed) return undefined
      const stages = toStages(JSON.parse(row.stages))
      await db
        .updateTable('card_processing')
        .set({ stages: JSON.stringify(stages), touched_at: now })
        .where('card_number', '=', number)
        .where('fingerprint', '=', row.fingerprint)
        .where('state', '=', 'pending')
        .execute()
      return { subject, fingerprint: row.fingerprint, stages }
    },

    /** @returns false, with nothing written, if there is something else to do by now. */
    async settle(number: number, fingerprint: string, { state, stages, found }: Outcome, now: number) {
      const row = await db
        .updateTable('card_processing')
        .set({
          state,
          stages: JSON.stringify(stages),
          found: found === null ? null : JSON.stringify(found),
          touched_at: now,
        })
        .where('card_number', '=', number)
        .where('fingerprint', '=', fingerprint)
        .where('state', '=', 'pending')
        .returning('card_number')
        .executeTakeFirst()
      return row !== undefined
    },

    /** Cards outside the trash of which nothing was heard for long: their job was lost, or has not come yet. */
    async quiet(before: number, limit: number) {
      return db
        .selectFrom('card_processing')
        .innerJoin('cards', 'cards.number', 'card_processing.card_number')
        .select(['card_number', 'cards.id', 'fingerprint', 'stages', 'rounds'])
        .where('state', '=', 'pending')
        .where('touched_at', '<', before)
        .where('cards.deleted_at', 'is', null)
        .orderBy('touched_at')
        .limit(limit)
        .execute()
    },

    async touch(number: number, rounds: number, now: number): Promise<void> {
      await db
        .updateTable('card_processing')
        .set({ rounds, touched_at: now })
        .where('card_number', '=', number)
        .execute()
    },
  }
}
