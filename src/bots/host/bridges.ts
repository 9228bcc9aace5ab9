import { createHash } from 'node:crypto'
import type { AuditLog } from '../../accounts/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { botRepo } from '../bots/repo.ts'
import type { CallRecorder } from '../runs/recorder.ts'
import { HostCallError, type Json } from '../sandbox/index.ts'
import { DEFAULT_SETTINGS, parseSettings } from '../settings/settings.ts'
import type { HostContext } from './context.ts'
import { asFile } from './files.ts'
import { type Save, type SavePlace, saveRepo } from './saves-repo.ts'
import { fetchFile } from './telegram.ts'

/** What one run may do with things of the owner, and one bot in a minute. */
const CALLS_PER_RUN = 60
const CALLS_PER_MINUTE = 120
const MAX_FILES = 10
const MAX_ONCE_CHARS = 200
const WEEK_MS = 7 * 86_400_000

export type Bridge = 'cards_bridge' | 'files_bridge'

const THINGS: { readonly [B in Bridge]: string } = { cards_bridge: 'cards', files_bridge: 'files' }

/** A file that a command wants kept: bytes, and what they are called. */
export interface GivenFile {
  readonly name: string
  readonly mediaType: string | undefined
  readonly bytes: Buffer
}

/** Where a save is written down, and under which key. */
export interface SaveKey {
  readonly place: SavePlace
  readonly key: string
}

export interface BridgeGateOptions {
  readonly database: Database
  readonly clock: Clock
  readonly audit: AuditLog
}

export type BridgeGate = ReturnType<typeof bridgeGate>

/** What the bridges to the owner's cards and files have in common: who may use them, how much, and how it is noted. */
export const bridgeGate = ({ database, clock, audit }: BridgeGateOptions) => {
  const { db } = database
  const perRun = new WeakMap<CallRecorder, { calls: number; saves: number }>()
  const perMinute = new Map<string, number>()
  let minute = 0

  const usesOf = ({ calls }: HostContext) => {
    const uses = perRun.get(calls) ?? { calls: 0, saves: 0 }
    perRun.set(calls, uses)
    return uses
  }

  /** @throws {HostCallError} */
  const spend = (context: HostContext): void => {
    const now = Math.floor(clock.now().getTime() / 60_000)
    if (now !== minute) perMinute.clear()
    minute = now
    const uses = usesOf(context)
    const count = (perMinute.get(context.botId) ?? 0) + 1
    if (uses.calls >= CALLS_PER_RUN)
      throw new HostCallError(`one run may use cards and files ${CALLS_PER_RUN} times`, { kind: 'RuntimeError' })
    if (count > CALLS_PER_MINUTE)
      throw new HostCallError(`a bot may use cards and files ${CALLS_PER_MINUTE} times a minute`, {
        kind: 'RuntimeError',
      })
    uses.calls += 1
    perMinute.set(context.botId, count)
  }

  /** Asked of the database each time: what the owner switches off is off. */
  const isOpen = async ({ accountId, botId }: HostContext, bridge: Bridge): Promise<boolean> => {
    const bot = await botRepo(db).find(accountId, botId)
    return (bot === undefined ? DEFAULT_SETTINGS : parseSettings(bot.settings))[bridge]
  }

  return {
    isOpen,

    /**
     * Does something with what is the owner's, and writes it into the run's record.
     *
     * @param params What the record shows of the arguments.
     * @throws {HostCallError} PermissionError while the bridge is off
     */
    async use<T extends Json>(
      context: HostContext,
      bridge: Bridge,
      call: { readonly name: string; readonly params: Json },
      work: () => Promise<T>,
    ): Promise<T> {
      return context.calls.record(call.name, call.params, async () => {
        if (!(await isOpen(context, bridge)))
          throw new HostCallError(
            `this bot may not use the ${THINGS[bridge]} of its owner: switch on the setting ${bridge} of the bot`,
            { kind: 'PermissionError' },
          )
        spend(context)
        return work().catch(rethrow)
      })
    },

    /**
     * The key of the next save of this run. It is the same when the update is handled once more, and another for every
     * other update, command, and thing that is saved.
     *
     * @param once What the command gave for it itself.
     */
    keyOf(context: HostContext, once: string | null, what: Json): SaveKey {
      const { updateId, command, token } = context
      const place = placeOf(context)
      if (once !== null) {
        if (once === '' || once.length > MAX_ONCE_CHARS)
          throw new HostCallError(`once must have 1 to ${MAX_ONCE_CHARS} characters`, { kind: 'ValueError' })
        return { place, key: `once:${once}` }
      }
      const uses = usesOf(context)
      uses.saves += 1
      if (updateId === null) return { place, key: newId('save') }
      // Numbers of updates begin anew with another token, and after a week of silence.
      const week = Math.floor(clock.now().getTime() / WEEK_MS)
      const about = JSON.stringify([token.split(':', 1)[0], week, command, uses.saves, what])
      return { place, key: `update:${updateId}:${createHash('sha256').update(about).digest('base64url').slice(0, 22)}` }
    },

    /** What was saved under the key. */
    found: ({ place, key }: SaveKey, tx: Db = db): Promise<Save | undefined> => saveRepo(tx).find(place, key),

    /** Writes a save down, in its transaction. */
    async note(tx: Db, { place, key }: SaveKey, save: Save): Promise<void> {
      await saveRepo(tx).put(place, key, save, clock.now().getTime())
      await audit.append(tx, {
        accountId: place.accountId,
        actor: `bot:${place.botId}`,
        action: save.kind === 'card' ? 'card.created' : 'file.created',
        target: save.id,
      })
    },

    /** For the audit log: what a bot does to things that are there already. */
    audit: (tx: Db, { accountId, botId }: HostContext, action: string, target: string): Promise<void> =>
      audit.append(tx, { accountId, actor: `bot:${botId}`, action, target }),

    /** The same for what has no transaction that could be joined. */
    auditAlone: ({ accountId, botId }: HostContext, action: string, target: string): Promise<void> =>
      database.transaction((tx) => audit.append(tx, { accountId, actor: `bot:${botId}`, action, target })),

    /** What the user of the run made the bot save last. */
    async latest(context: HostContext): Promise<{ save: Save; key: SaveKey } | undefined> {
      const place = placeOf(context)
      const last = await saveRepo(db).latest(place)
      return last && { save: last, key: { place, key: last.key } }
    },
    forget: (tx: Db, { place, key }: SaveKey): Promise<void> => saveRepo(tx).delete(place, key),
  }
}

const placeOf = ({ accountId, botId, userId }: HostContext): SavePlace => ({
  accountId,
  botId,
  owner: userId === null ? '' : String(userId),
})

/** An answer of the server as the exception of Python that says the same. */
const rethrow = (error: unknown): never => {
  if (!(error instanceof AppError)) throw error
  const kind = error.status === 404 ? 'LookupError' : error.status < 403 ? 'ValueError' : 'RuntimeError'
  throw new HostCallError(error.message, { kind, cause: error })
}

/**
 * What a command gave as a file: a file in memory, the id of a file at Telegram, or the part of a message that has one.
 *
 * @returns How to get its bytes, and what the run's record shows of it.
 */
export const filesOf = (context: HostContext, given: Json): { label: Json; read: () => Promise<GivenFile> }[] => {
  const all = given === null ? [] : Array.isArray(given) ? given : [given]
  if (all.length > MAX_FILES)
    throw new HostCallError(`at most ${MAX_FILES} files can be saved at once`, { kind: 'ValueError' })
  return all.map((one) => {
    const file = asFile(context, one)
    if (file !== undefined)
      return {
        label: { name: file.name, size: file.bytes.length },
        read: async () => ({ ...file, mediaType: undefined }),
      }
    const { id, name, mediaType } = described(one)
    return {
      label: { file_id: id },
      async read() {
        const fetched = await fetchFile(context, id)
        return { name: name ?? fetched.name, mediaType, bytes: fetched.bytes }
      },
    }
  })
}

const described = (given: Json): { id: string; name: string | undefined; mediaType: string | undefined } => {
  if (typeof given === 'string' && given !== '') return { id: given, name: undefined, mediaType: undefined }
  if (typeof given === 'object' && given !== null && !Array.isArray(given) && typeof given.file_id === 'string') {
    const { file_id: id, file_name: name, mime_type: type } = given
    return {
      id,
      name: typeof name === 'string' && name !== '' ? name : undefined,
      mediaType: typeof type === 'string' ? type : undefined,
    }
  }
  throw new HostCallError('a file is a File, the id of a file, or a part of a message such as message.document', {
    kind: 'TypeError',
  })
}
