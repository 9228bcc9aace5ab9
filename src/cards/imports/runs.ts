import { Readable } from 'node:stream'
import { setImmediate as otherWork } from 'node:timers/promises'
import { z } from 'zod'
import { mediaTypeOf } from '../../files/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { defineJob, type JobQueue, type JobRun } from '../../platform/jobs/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { CardService } from '../cards/service.ts'
import type { ArchivedCard } from '../exports/record.ts'
import type { Preview } from '../processing/previews.ts'
import type { CardIndex } from '../search/index.ts'
import { type CardFiles, type FileReleases, FOLDER_NAME } from '../uploads/releases.ts'
import { uploadRepo } from '../uploads/repo.ts'
import { ImportErrors } from './errors.ts'
import { type ImportRow, importRepo, type Step } from './repo.ts'
import { cardSaver } from './saving.ts'
import { restoreSearches } from './searches.ts'
import { sourceOf } from './source-of.ts'
import { type Archive, type Entry, openImport } from './sources/index.ts'
import type { ZipEntry } from './sources/zip-reader.ts'

const MAX_ENTRIES = 200_000
/** What is saved in one transaction: whoever asks for anything meanwhile waits no longer than that. */
const BATCH = 25
const BATCH_BYTES = 2 * 1024 * 1024
const LONGEST_MS = 12 * 60 * 60_000

export const importJob = defineJob({
  name: 'cards.import',
  payload: z.object({ importId: z.string() }),
  attempts: 8,
  leaseMs: 15_000,
  timeoutMs: LONGEST_MS,
  backoff: { baseMs: 2_000, maxMs: 10 * 60_000 },
  concurrency: 2,
})

export interface ImportRunParts {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly jobs: Pick<JobQueue, 'enqueue' | 'cancel' | 'handle'>
  readonly files: CardFiles
  readonly releases: FileReleases
  readonly cards: CardService
  readonly index: CardIndex
}

export type ImportRuns = ReturnType<typeof importRuns>

/** An entry with its place in the file, 1 for the first. */
interface Numbered extends Entry {
  readonly entry: number
}

/** A card that is to be saved. */
interface Draft {
  readonly entry: number
  readonly line: number | null
  readonly card: ArchivedCard
  readonly pictures: readonly Preview[]
}

interface Run {
  readonly row: ImportRow
  readonly archive: Archive | undefined
  readonly signal: AbortSignal
  /** Of a run that only counts: what it has counted as new. */
  readonly seen: Set<string>
  /** Entries that are done. */
  done: number
}

/**
 * Looks at the entries of a file one after the other. How far it is stands in the database, written together with the cards
 * that it speaks of: after a crash the next run begins behind the last card that is there, and saves none twice.
 */
export const importRuns = (parts: ImportRunParts) => {
  const { database, clock, log, jobs, files, releases, cards, index } = parts
  const repo = importRepo(database.db)
  const saver = cardSaver({ index, jobs })
  const running = new Map<string, AbortController>()
  const now = (): number => clock.now().getTime()

  const advance = async (db: Db, run: Run, step: Step): Promise<void> => {
    if (!(await importRepo(db).advance(run.row.id, run.done, step, now()))) throw new Superseded()
  }
  const settle = (run: Run, { created, duplicates, problems }: Step): void => {
    run.done += created + duplicates + problems.length
  }

  /** Saves each draft that is not here yet; in a dry run it says which those are. */
  const saveDrafts = async (run: Run, drafts: readonly Draft[], problems: Step['problems']): Promise<void> => {
    const { account_id: accountId, format, is_dry_run } = run.row
    let step: Step = { created: 0, duplicates: 0, problems }
    const isNew = async (db: Db, card: ArchivedCard) => {
      const identity = await saver.identify(db, accountId, format, card)
      const isKnown = identity.isKnown || run.seen.has(identity.key)
      step = { ...step, [isKnown ? 'duplicates' : 'created']: step[isKnown ? 'duplicates' : 'created'] + 1 }
      return isKnown ? undefined : identity
    }
    if (is_dry_run === 1) {
      for (const { card } of drafts) {
        const identity = await isNew(database.db, card)
        if (identity !== undefined) run.seen.add(identity.key)
      }
      await database.transaction((tx) => advance(tx, run, step))
    } else
      await database.transaction(async (tx) => {
        step = { created: 0, duplicates: 0, problems }
        const change = await cards.within(tx, accountId)
        for (const { card, pictures } of drafts) {
          const identity = await isNew(tx, card)
          if (identity !== undefined) await saver.save(change, identity.id, card, { pictures })
        }
        await advance(tx, run, step)
      })
    settle(run, step)
  }

  /** The bytes become a file in the transaction that makes the card and notes that it is done. */
  const saveWithFile = async (run: Run, draft: Draft, archive: Archive, entry: ZipEntry): Promise<void> => {
    const { account_id: accountId, format } = run.row
    const { card, pictures } = draft
    const name = card.file?.fileName ?? ''
    const folder = await files.folders.ensure({ accountId }, FOLDER_NAME)
    const step: Step = { created: 1, duplicates: 0, problems: [] }
    const options = {
      maxBytes: await roomFor(accountId, entry),
      declaredBytes: entry.sizeBytes,
      ownsBuffers: true,
      signal: run.signal,
      async after(tx: Db, file: { readonly id: string; readonly size_bytes: number }): Promise<void> {
        const change = await cards.within(tx, accountId)
        await advance(tx, run, step)
        const { id, isKnown } = await saver.identify(tx, accountId, format, card)
        if (isKnown) throw new Error(`${id} came while its file was received.`)
        await saver.save(change, id, card, { file: { id: file.id, sizeBytes: file.size_bytes }, pictures })
      },
    }
    const broken: { cause?: unknown } = {}
    try {
      await files.uploads.store(accountId, options, async (take) => {
        await take(Readable.from(noting(archive.open(entry), broken), { objectMode: false }))
        const mediaType = mediaTypeOf(card.file?.mimeType ?? '', name)
        return { name, mediaType, folderId: folder.id, onConflict: 'rename' as const }
      })
    } catch (error) {
      // An upload says only that its bytes ended; whether the archive or its place broke decides what becomes of the card.
      throw broken.cause ?? error
    }
    settle(run, step)
  }

  const roomFor = async (accountId: string, { name, sizeBytes }: ZipEntry): Promise<number> => {
    const room = await files.uploads.room(accountId)
    if (sizeBytes > room)
      throw new AppError(ImportErrors.UNREADABLE_IMPORT, { message: `There is no room for ${name}.` })
    return room
  }

  /** A card with a file: at once, because its bytes are not kept in memory. */
  const perform = async (run: Run, draft: Draft): Promise<void> => {
    const { card } = draft
    const { account_id: accountId, format, is_dry_run } = run.row
    const path = card.file?.path ?? ''
    const entry = run.archive?.entries.get(path)
    if (run.archive === undefined || entry === undefined)
      throw new AppError(ImportErrors.UNREADABLE_IMPORT, {
        message: `The archive does not have ${path || 'the file'}.`,
      })
    const { isKnown, key } = await saver.identify(database.db, accountId, format, card)
    if (isKnown || run.seen.has(key)) return saveDrafts(run, [draft], [])
    if (is_dry_run === 0) return saveWithFile(run, draft, run.archive, entry)
    await roomFor(accountId, entry)
    for await (const _chunk of run.archive.open(entry)) run.signal.throwIfAborted()
    await saveDrafts(run, [draft], [])
  }

  const problemOf = ({ entry, line }: Pick<Numbered, 'entry' | 'line'>, error: unknown) => {
    if (!(error instanceof AppError) || error.status >= 500) throw error
    return { entry, line, message: error.message }
  }

  const work = async (run: Run, entries: AsyncIterable<Entry>): Promise<void> => {
    let drafts: Draft[] = []
    let problems: { entry: number; line: number | null; message: string }[] = []
    let bytes = 0
    const flush = async (): Promise<void> => {
      run.signal.throwIfAborted()
      if (drafts.length + problems.length > 0) await saveDrafts(run, drafts, problems)
      // On SQLite nothing here waits for anything, so that nobody else would have a turn.
      await otherWork()
      drafts = []
      problems = []
      bytes = 0
    }
    for await (const numbered of behind(entries, run.done)) {
      const { entry, line, card, problem } = numbered
      try {
        if (card === undefined) throw new AppError({ ...ImportErrors.UNREADABLE_IMPORT, message: problem ?? '' })
        const pictures = await saver.picturesOf(card, run.archive)
        const draft = { entry, line, card, pictures }
        if (card.file === undefined) {
          drafts.push(draft)
          bytes += sizeOf(draft)
        } else {
          await flush()
          await perform(run, draft)
        }
      } catch (error) {
        problems.push(problemOf(numbered, error))
      }
      if (drafts.length + problems.length >= BATCH || bytes >= BATCH_BYTES) await flush()
    }
    await flush()
  }

  /** Also sees that the whole file can be read, before anything of it is saved. */
  const count = async (entries: AsyncIterable<Entry>, signal: AbortSignal): Promise<number> => {
    let total = 0
    for await (const _entry of entries) {
      total += 1
      if (total % BATCH === 0) {
        await otherWork()
        signal.throwIfAborted()
      }
      if (total > MAX_ENTRIES)
        throw new AppError(ImportErrors.UNREADABLE_IMPORT, {
          message: `A file can have at most ${MAX_ENTRIES} entries.`,
        })
    }
    return total
  }

  const end = (row: ImportRow, changes: Partial<ImportRow>): Promise<void> =>
    database
      .transaction(async (tx) => {
        if (!(await importRepo(tx).update(row.id, { ...changes, updated_at: now() }))) return
        await uploadRepo(tx).release(row.account_id, row.file_id)
      })
      .then(releases.soon)

  const runOnce = async (row: ImportRow, signal: AbortSignal): Promise<void> => {
    const file = await files.files.find(row.account_id, row.file_id)
    const { archive, entries } = await openImport(sourceOf(files.content, file, signal), row.format)
    const isAgain = row.is_dry_run === 1
    const isLive = isAgain
      ? await database.transaction((tx) => importRepo(tx).rewind(row.id, now()))
      : await repo.update(row.id, { state: 'running', updated_at: now() })
    if (!isLive) return
    if (row.total === null) await repo.update(row.id, { total: await count(entries(), signal), updated_at: now() })
    if (archive !== undefined && row.is_dry_run === 0) await restoreSearches(database.db, row.account_id, archive)
    await work({ row, archive, signal, seen: new Set(), done: isAgain ? 0 : row.processed }, entries())
    await end(row, { state: 'done' })
  }

  const failure = (error: AppError) => ({ state: 'failed' as const, error_code: error.code, error: error.message })

  jobs.handle(importJob, async ({ importId }: { importId: string }, attempt: JobRun): Promise<void> => {
    const row = await repo.get(importId)
    if (row === undefined) return
    const stopped = new AbortController()
    running.set(importId, stopped)
    try {
      await runOnce(row, AbortSignal.any([attempt.signal, stopped.signal]))
    } catch (error) {
      if (stopped.signal.aborted || error instanceof Superseded) return
      if (attempt.signal.aborted) throw error
      if (error instanceof AppError && error.status < 500) return await end(row, failure(error))
      if (attempt.attempt >= importJob.attempts) await end(row, failure(new AppError(ImportErrors.IMPORT_FAILED)))
      log.warn({ err: error, import: importId }, 'an import of cards broke')
      throw error
    } finally {
      running.delete(importId)
    }
  })

  return {
    /** Stops one that runs in this process. */
    stop: (id: string): void => running.get(id)?.abort(new Superseded()),
  }
}

/** The import was cancelled, or another process runs it by now: nothing of the step was written. */
class Superseded extends Error {}

async function* behind(entries: AsyncIterable<Entry>, done: number): AsyncGenerator<Numbered> {
  let entry = 0
  for await (const found of entries) {
    entry += 1
    if (entry > done) yield { entry, ...found }
    else if (entry % BATCH === 0) await otherWork()
  }
}

async function* noting(source: AsyncIterable<Buffer>, broken: { cause?: unknown }): AsyncGenerator<Buffer> {
  try {
    yield* source
  } catch (error) {
    broken.cause = error
    throw error
  }
}

const sizeOf = ({ card, pictures }: Draft): number =>
  card.content.length +
  (card.notes?.length ?? 0) +
  (card.latchkey?.text?.length ?? 0) +
  pictures.reduce((sum, { bytes }) => sum + bytes.length, 0)
