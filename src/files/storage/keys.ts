import { randomBytes } from 'node:crypto'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { newId } from '../../platform/ids.ts'
import { createSealer } from '../../platform/sealed.ts'

const KEY_BYTES = 32
const BATCH = 200
/** How long a process may go on with a master key after another one made a newer. */
const CURRENT_MS = 10_000

/** A file's key as its blob carries it. */
export interface SealedKey {
  readonly sealed_key: Buffer | null
  readonly key_id: string | null
}

export interface KeyringOptions {
  readonly database: Database
  /** `ENCRYPTION_KEY`. */
  readonly secret: string
  readonly clock: Clock
}

export type Keyring = ReturnType<typeof keyring>

/** @returns A new key for one file. */
export const newFileKey = (): Buffer => randomBytes(KEY_BYTES)

/**
 * The keys of files. Each file's is sealed by a master key, which is itself a row, sealed by the secret of this
 * installation: so another master key means other seals on short rows, and no byte of a file is written again.
 */
export const keyring = ({ database, secret, clock }: KeyringOptions) => {
  const masters = createSealer(secret, 'storage master keys')
  const known = new Map<string, Buffer>()
  let current: { readonly id: string; readonly untilMs: number } | undefined

  const sealerOf = (master: Buffer) => createSealer(master.toString('base64'), 'storage file keys')

  const masterOf = async (db: Db, id: string): Promise<Buffer> => {
    const cached = known.get(id)
    if (cached !== undefined) return cached
    const row = await db.selectFrom('storage_keys').select('sealed').where('id', '=', id).executeTakeFirstOrThrow()
    const master = Buffer.from(masters.open(row.sealed, id), 'base64')
    known.set(id, master)
    return master
  }

  const insertMaster = async (db: Db): Promise<string> => {
    const id = newId('key')
    const sealed = masters.seal(randomBytes(KEY_BYTES).toString('base64'), id)
    await db.insertInto('storage_keys').values({ id, sealed, created_at: clock.now().getTime() }).execute()
    return id
  }

  const newest = async (tx: Db): Promise<string> => {
    const row = await tx.selectFrom('storage_keys').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst()
    return row?.id ?? insertMaster(tx)
  }

  /** A master key that is there, and stays until the end of the transaction. */
  const heldMaster = async (tx: Db): Promise<string> => {
    const id = current !== undefined && clock.monotonicMs() < current.untilMs ? current.id : await newest(tx)
    const row = tx.selectFrom('storage_keys').select('id').where('id', '=', id)
    const held = await (database.dialect === 'postgres' ? row.forShare() : row).executeTakeFirst()
    if (held === undefined) {
      current = undefined
      return heldMaster(tx)
    }
    if (id !== current?.id) current = { id, untilMs: clock.monotonicMs() + CURRENT_MS }
    return id
  }

  const seal = async (tx: Db, blobId: string, fileKey: Buffer): Promise<SealedKey> => {
    const id = await heldMaster(tx)
    return { sealed_key: sealerOf(await masterOf(tx, id)).seal(fileKey.toString('base64'), blobId), key_id: id }
  }

  /** @throws when the blob has no key, or its master key is not of this installation */
  const open = async (db: Db, blobId: string, { sealed_key, key_id }: SealedKey): Promise<Buffer> => {
    if (sealed_key === null || key_id === null) throw new Error(`The blob ${blobId} has no key.`)
    return Buffer.from(sealerOf(await masterOf(db, key_id)).open(sealed_key, blobId), 'base64')
  }

  /** One batch. @returns How many seals were renewed. */
  const renewSome = (id: string): Promise<number> =>
    database.transaction(async (tx) => {
      const stale = tx
        .selectFrom('blobs')
        .select(['id', 'sealed_key', 'key_id'])
        .where('key_id', '<>', id)
        .orderBy('id')
        .limit(BATCH)
      const rows = await (database.dialect === 'postgres' ? stale.forUpdate() : stale).execute()
      for (const row of rows) {
        const sealer = sealerOf(await masterOf(tx, id))
        const sealed_key = sealer.seal((await open(tx, row.id, row)).toString('base64'), row.id)
        await tx.updateTable('blobs').set({ sealed_key, key_id: id }).where('id', '=', row.id).execute()
      }
      return rows.length
    })

  /** Whoever seals under an old one holds it to the end; when it is ours nobody does, and what they sealed shows. */
  const dropOld = (id: string): Promise<boolean> =>
    database.transaction(async (tx) => {
      const old = tx.selectFrom('storage_keys').select('id').where('id', '<', id).orderBy('id')
      const rows = await (database.dialect === 'postgres' ? old.forUpdate() : old).execute()
      const ids = rows.map((row) => row.id)
      if (ids.length === 0) return true
      const used = await tx.selectFrom('blobs').select('id').where('key_id', 'in', ids).limit(1).executeTakeFirst()
      if (used !== undefined) return false
      await tx.deleteFrom('storage_keys').where('id', 'in', ids).execute()
      for (const gone of ids) known.delete(gone)
      return true
    })

  return {
    /** @returns What the blob is to carry. To be written in the same transaction. */
    seal,
    open,

    /**
     * Makes a new master key, seals every file's key under it, and forgets the old ones. May be stopped and repeated.
     *
     * @returns How many files got a new seal.
     */
    async rotate(): Promise<number> {
      const id = await database.transaction(insertMaster)
      current = undefined
      let renewed = 0
      for (;;) {
        const some = await renewSome(id)
        renewed += some
        if (some === 0 && (await dropOld(id))) return renewed
      }
    },
  }
}
