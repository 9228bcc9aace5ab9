import { type Database, type Db, inBatches } from '../../../platform/db/index.ts'
import type { MessageState, ObjectState, TelegramObject } from './tables.ts'

/** A message of a document, and by which id each bot knows its file. */
export interface NewObject {
  readonly id: string
  readonly sizeBytes: number
  readonly sha256: Buffer
  readonly chatId: number
  readonly messageId: number
  /** Who sent it. */
  readonly botId: number
  readonly fileUniqueId: string
  readonly fileIds: readonly { readonly botId: number; readonly fileId: string }[]
  readonly createdAt: number
}

export interface Attempt {
  readonly id: string
  readonly objectId: string
  readonly botId: number
  readonly chatId: number
  readonly afterMessageId: number
  readonly createdAt: number
}

export type TelegramRows = ReturnType<typeof telegramRows>

const PAGE = 500

export const telegramRows = (database: Database) => {
  const { db } = database

  const insertMessages = async (tx: Db, chatId: number, ids: readonly number[], state: MessageState, at: number) => {
    for (const batch of inBatches(ids))
      await tx
        .insertInto('telegram_messages')
        .values(batch.map((message_id) => ({ chat_id: chatId, message_id, state, sent_at: at })))
        .onConflict((oc) => oc.columns(['chat_id', 'message_id']).doUpdateSet({ state }))
        .execute()
  }

  const insertObject = async (tx: Db, object: NewObject): Promise<boolean> => {
    const row = await tx
      .insertInto('telegram_objects')
      .values(toRow(object))
      .onConflict((oc) => oc.doNothing())
      .returning('id')
      .executeTakeFirst()
    if (row === undefined) return false
    for (const { botId, fileId } of object.fileIds)
      await tx
        .insertInto('telegram_file_ids')
        .values({ object_id: object.id, bot_id: botId, file_id: fileId })
        .execute()
    return true
  }

  const lane = (botId: number, chatId: number) =>
    db.selectFrom('telegram_lanes').where('bot_id', '=', botId).where('chat_id', '=', chatId)

  return {
    insertMessages: (chatId: number, ids: readonly number[], state: MessageState, at: number) =>
      insertMessages(db, chatId, ids, state, at),

    find: (id: string): Promise<TelegramObject | undefined> =>
      db.selectFrom('telegram_objects').selectAll().where('id', '=', id).executeTakeFirst(),

    async fileIds(objectId: string): Promise<Map<number, string>> {
      const rows = await db.selectFrom('telegram_file_ids').selectAll().where('object_id', '=', objectId).execute()
      return new Map(rows.map(({ bot_id, file_id }) => [bot_id, file_id]))
    },

    /** Does nothing for an object that is gone by now. */
    async putFileId(objectId: string, botId: number, fileId: string): Promise<void> {
      await database.transaction(async (tx) => {
        const row = await tx.selectFrom('telegram_objects').select('id').where('id', '=', objectId).executeTakeFirst()
        if (row === undefined) return
        await tx
          .insertInto('telegram_file_ids')
          .values({ object_id: objectId, bot_id: botId, file_id: fileId })
          .onConflict((oc) => oc.columns(['object_id', 'bot_id']).doUpdateSet({ file_id: fileId }))
          .execute()
      })
    },

    async dropFileId(objectId: string, botId: number): Promise<void> {
      await db.deleteFrom('telegram_file_ids').where('object_id', '=', objectId).where('bot_id', '=', botId).execute()
    },

    async setFailedAt(id: string, failed_at: number | null): Promise<void> {
      await db.updateTable('telegram_objects').set({ failed_at }).where('id', '=', id).execute()
    },

    async insertAttempt({ id, objectId, botId, chatId, afterMessageId, createdAt }: Attempt): Promise<void> {
      const row = { id, object_id: objectId, bot_id: botId, chat_id: chatId, created_at: createdAt }
      await db
        .insertInto('telegram_attempts')
        .values({ ...row, after_message_id: afterMessageId })
        .execute()
    },

    async deleteAttempt(id: string): Promise<void> {
      await db.deleteFrom('telegram_attempts').where('id', '=', id).execute()
    },

    async attempts(chatId: number): Promise<Attempt[]> {
      const rows = await db.selectFrom('telegram_attempts').selectAll().where('chat_id', '=', chatId).execute()
      return rows.map((row) => ({
        id: row.id,
        objectId: row.object_id,
        botId: row.bot_id,
        chatId: row.chat_id,
        afterMessageId: row.after_message_id,
        createdAt: row.created_at,
      }))
    },

    /**
     * Ends an attempt whose message is known. A message whose object is there already is a duplicate and is to go.
     *
     * @returns Whether the object is this message now.
     */
    settle: (attemptId: string, object: NewObject): Promise<boolean> =>
      database.transaction(async (tx) => {
        await tx.deleteFrom('telegram_attempts').where('id', '=', attemptId).execute()
        if (await insertObject(tx, object)) return true
        const known = await tx.selectFrom('telegram_objects').selectAll().where('id', '=', object.id).executeTakeFirst()
        const isSame = known?.chat_id === object.chatId && known.message_id === object.messageId
        if (!isSame) await insertMessages(tx, object.chatId, [object.messageId], 'due', object.createdAt)
        return isSame
      }),

    /** Notes an object of ours of which the database knows nothing. */
    async insertStray(object: NewObject, about: string): Promise<void> {
      await database.transaction(async (tx) => {
        if (!(await insertObject(tx, object))) return
        await tx.updateTable('telegram_objects').set({ state: 'stray', about }).where('id', '=', object.id).execute()
      })
    },

    /** The messages become due, and the objects are gone. @returns The channels that have something to delete now. */
    discard: (ids: readonly string[]): Promise<number[]> =>
      database.transaction(async (tx) => {
        const chats = new Set<number>()
        for (const batch of inBatches(ids)) {
          // What may still arrive for them is to go as well.
          await tx.updateTable('telegram_attempts').set({ object_id: '' }).where('object_id', 'in', batch).execute()
          const rows = await tx
            .deleteFrom('telegram_objects')
            .where('id', 'in', batch)
            .where('state', '<>', 'stray')
            .returning(['chat_id', 'message_id', 'created_at'])
            .execute()
          for (const { chat_id, message_id, created_at } of rows) {
            chats.add(chat_id)
            await insertMessages(tx, chat_id, [message_id], 'due', created_at)
          }
        }
        return [...chats]
      }),

    /** Up to 500 strays that were found before `border`, the oldest first. */
    async oldStrays(border: number): Promise<string[]> {
      const rows = await db
        .selectFrom('telegram_objects')
        .select('id')
        .where('state', '=', 'stray')
        .where('created_at', '<', border)
        .orderBy('created_at')
        .limit(PAGE)
        .execute()
      return rows.map(({ id }) => id)
    },

    /**
     * Of these strays, those that are copies of a file after all are objects as any other from now on; the messages of the
     * others become due. Exactly what is listed, and of that nothing that was adopted meanwhile.
     *
     * @returns The ids of what is gone.
     */
    settleStrays: (ids: readonly string[]): Promise<string[]> =>
      database.transaction(async (tx) => {
        const gone: string[] = []
        for (const batch of inBatches(ids)) {
          const own = tx.selectFrom('chunk_copies').select('locator').where('locator', 'in', batch)
          await tx
            .updateTable('telegram_objects')
            .set({ state: 'stored' })
            .where('id', 'in', own.where('backend', '=', 'telegram'))
            .where('state', '=', 'stray')
            .execute()
          const rows = await tx
            .deleteFrom('telegram_objects')
            .where('id', 'in', batch)
            .where('state', '=', 'stray')
            .returning(['id', 'chat_id', 'message_id', 'created_at'])
            .execute()
          for (const { id, chat_id, message_id, created_at } of rows) {
            gone.push(id)
            await insertMessages(tx, chat_id, [message_id], 'due', created_at)
          }
        }
        return gone
      }),

    countObjects: async (state: ObjectState): Promise<number> =>
      (
        await db
          .selectFrom('telegram_objects')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .where('state', '=', state)
          .executeTakeFirstOrThrow()
      ).count,

    /** Up to 100 messages that are to be deleted, all sent before or all sent after `border`. */
    async due(chatId: number, border: number, isBefore: boolean): Promise<number[]> {
      const rows = await db
        .selectFrom('telegram_messages')
        .select('message_id')
        .where('chat_id', '=', chatId)
        .where('state', '=', 'due')
        .where('sent_at', isBefore ? '<' : '>=', border)
        .orderBy('sent_at')
        .limit(100)
        .execute()
      return rows.map(({ message_id }) => message_id)
    },

    async dueChats(): Promise<number[]> {
      const rows = await db
        .selectFrom('telegram_messages')
        .select('chat_id')
        .distinct()
        .where('state', '=', 'due')
        .execute()
      return rows.map(({ chat_id }) => chat_id)
    },

    async forgetMessages(chatId: number, ids: readonly number[]): Promise<void> {
      await db
        .deleteFrom('telegram_messages')
        .where('chat_id', '=', chatId)
        .where('message_id', 'in', ids)
        .where('state', '=', 'due')
        .execute()
    },

    countMessages: async (state: MessageState): Promise<number> =>
      (
        await db
          .selectFrom('telegram_messages')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .where('state', '=', state)
          .executeTakeFirstOrThrow()
      ).count,

    /** How many objects a channel holds, and the largest number of a message in it that we know of. */
    async chatFigures(chatId: number): Promise<{ objects: number; lastMessageId: number }> {
      const objects = await db
        .selectFrom('telegram_objects')
        .select(({ fn }) => [fn.countAll<number>().as('count'), fn.max<number | null>('message_id').as('last')])
        .where('chat_id', '=', chatId)
        .executeTakeFirstOrThrow()
      const others = await db
        .selectFrom('telegram_messages')
        .select(({ fn }) => fn.max<number | null>('message_id').as('last'))
        .where('chat_id', '=', chatId)
        .executeTakeFirstOrThrow()
      return { objects: objects.count, lastMessageId: Math.max(0, objects.last ?? 0, others.last ?? 0) }
    },

    /** Which numbers of messages after `from`, up to and with `to`, are known to us. */
    async claimed(chatId: number, from: number, to: number): Promise<Set<number>> {
      const known = new Set<number>()
      for (const table of ['telegram_objects', 'telegram_messages'] as const) {
        const rows = await db
          .selectFrom(table)
          .select('message_id')
          .where('chat_id', '=', chatId)
          .where('message_id', '>', from)
          .where('message_id', '<=', to)
          .execute()
        for (const { message_id } of rows) known.add(message_id)
      }
      return known
    },

    async *list(state: ObjectState): AsyncGenerator<TelegramObject> {
      let after = ''
      for (;;) {
        const rows = await db
          .selectFrom('telegram_objects')
          .selectAll()
          .where('id', '>', after)
          .where('state', '=', state)
          .orderBy('id')
          .limit(PAGE)
          .execute()
        yield* rows
        const last = rows.at(-1)
        if (last === undefined || rows.length < PAGE) return
        after = last.id
      }
    },

    /** @returns Up to 500 objects of a channel that are in this state. */
    async ofChat(chatId: number, state: ObjectState): Promise<string[]> {
      const rows = await db
        .selectFrom('telegram_objects')
        .select('id')
        .where('chat_id', '=', chatId)
        .where('state', '=', state)
        .limit(PAGE)
        .execute()
      return rows.map(({ id }) => id)
    },

    async setState(ids: readonly string[], state: ObjectState): Promise<void> {
      for (const batch of inBatches(ids))
        await db.updateTable('telegram_objects').set({ state }).where('id', 'in', batch).execute()
    },

    async lanes() {
      return db.selectFrom('telegram_lanes').selectAll().execute()
    },

    async holder(botId: number, chatId: number): Promise<string | null> {
      const row = await lane(botId, chatId).select('holder').executeTakeFirst()
      return row?.holder ?? null
    },

    async setHolder(botId: number, chatId: number, holder: string | null): Promise<void> {
      await db
        .updateTable('telegram_lanes')
        .set({ holder })
        .where('bot_id', '=', botId)
        .where('chat_id', '=', chatId)
        .execute()
    },

    /** Ends a lease whose holder is dead. It is nobody's if somebody else has got it meanwhile. */
    async endLease(name: string, fence: number): Promise<void> {
      await db
        .updateTable('leases')
        .set({ held_until: 0 })
        .where('name', '=', name)
        .where('fence', '=', fence)
        .execute()
    },

    async saveLane(lane: Parameters<typeof laneRow>[0]): Promise<void> {
      const row = laneRow(lane)
      const { bot_id: _, chat_id: __, ...changes } = row
      await db
        .insertInto('telegram_lanes')
        .values(row)
        .onConflict((oc) => oc.columns(['bot_id', 'chat_id']).doUpdateSet(changes))
        .execute()
    },
  }
}

const toRow = (object: NewObject) => ({
  id: object.id,
  size_bytes: object.sizeBytes,
  sha256: object.sha256,
  chat_id: object.chatId,
  message_id: object.messageId,
  bot_id: object.botId,
  file_unique_id: object.fileUniqueId,
  state: 'stored' as const,
  created_at: object.createdAt,
})

const laneRow = (lane: {
  botId: number
  chatId: number
  perMinute: number
  pausedUntil: number
  closedFor: string | undefined
  lastError: string | undefined
  lastErrorAt: number | undefined
}) => ({
  bot_id: lane.botId,
  chat_id: lane.chatId,
  per_minute: Math.max(1, Math.round(lane.perMinute)),
  paused_until: Math.ceil(lane.pausedUntil),
  closed_for: lane.closedFor ?? null,
  last_error: lane.lastError ?? null,
  last_error_at: lane.lastErrorAt ?? null,
})
