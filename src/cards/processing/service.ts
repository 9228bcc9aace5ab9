import { z } from 'zod'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { FetchErrors } from '../../platform/http-client/index.ts'
import { defineJob, type JobQueue, type JobRun } from '../../platform/jobs/index.ts'
import type { Log } from '../../platform/log/index.ts'
import { found, openChange } from '../cards/changing.ts'
import { colorsRepo } from '../palettes/repo.ts'
import type { CardIndex } from '../search/index.ts'
import { documentKindOf, isPicture, type OpenFile, textOfFile } from './attachments.ts'
import { LinkErrors, type LinkReader } from './links.ts'
import { type DocumentParser, ParserErrors } from './parser/process.ts'
import { PictureErrors, type PictureMaker } from './pictures.ts'
import { type Preview, previewRepo } from './previews.ts'
import { ReadingErrors } from './reading.ts'
import { fingerprintOf, processingRepo, type Subject, type Work } from './repo.ts'
import { type Processed, processedOf } from './results.ts'
import { type Found, NOTHING_FOUND, type Stage, type Stages } from './tables.ts'

const MINUTE_MS = 60_000
const ATTEMPTS = 5
const PER_MINUTE = 6
// More than one attempt takes, and it says when it begins.
const QUIET_MS = 10 * MINUTE_MS
const MOST_ROUNDS = 3
const SWEPT_AT_ONCE = 500

export const processCard = defineJob({
  name: 'cards.process',
  payload: z.object({ cardNumber: z.number() }),
  attempts: ATTEMPTS,
  timeoutMs: 5 * MINUTE_MS,
  backoff: { baseMs: 5_000, maxMs: 10 * MINUTE_MS },
  concurrency: 3,
})

export interface ProcessingParts {
  readonly database: Database
  readonly jobs: Pick<JobQueue, 'enqueue' | 'handle'>
  readonly clock: Clock
  readonly log: Log
  readonly links: LinkReader
  readonly parser: DocumentParser
  readonly pictures: PictureMaker
  readonly openFile: OpenFile
  /** As the service of cards has it, so that what is found is searched. */
  readonly index: CardIndex
  /** How soon the same card may be processed again, and how many of one account in that time. A minute and six unless told. */
  readonly paceMs?: number
}

/** What a look at a card brought. */
interface Result {
  readonly title?: string | null
  readonly description?: string | null
  readonly found: Partial<Found>
  readonly previews: readonly Preview[]
  readonly extracted: string | null
  readonly errors: Partial<Record<keyof Stages, string>>
}

// A server that is slow on purpose keeps a place that others wait for, so it gets one more chance and not four.
const SLOW_ATTEMPTS = 2

// What another attempt would not change.
const FINAL = new Set<string>(
  [
    FetchErrors.FETCH_URL,
    FetchErrors.FETCH_REFUSED,
    FetchErrors.FETCH_REDIRECTS,
    FetchErrors.FETCH_TOO_LARGE,
    FetchErrors.FETCH_GARBLED,
    LinkErrors.LINK_REFUSED,
    ReadingErrors.LINK_PACKED,
    ParserErrors.DOCUMENT_UNREADABLE,
    ParserErrors.DOCUMENT_TOO_COMPLEX,
  ].map(({ code }) => code),
)

export type ProcessingService = ReturnType<typeof processingService>

/**
 * Finds out about cards what their owners need not type: what a link leads to, what a file says, what a picture looks
 * like. Each is a durable job, and a card that has changed meanwhile is not given the results of what it was.
 */
export const processingService = (parts: ProcessingParts) => {
  const { database, jobs, clock, log, links, parser, pictures, openFile, index, paceMs = MINUTE_MS } = parts
  const now = (): number => clock.now().getTime()

  const order = (db: Db, number: number, runAt?: number): Promise<string | undefined> =>
    jobs.enqueue(
      db,
      processCard,
      { cardNumber: number },
      { key: String(number), ...(runAt === undefined ? {} : { runAt: new Date(runAt) }) },
    )

  /**
   * To be told of every card that is written, in its transaction: orders the work, if there is any and it is new.
   * Changes that come faster than allowed are taken up later, and only the last of them.
   */
  const notice = async (tx: Db, number: number): Promise<void> => {
    const repo = processingRepo(tx)
    const subject = await repo.subject(number)
    if (subject === undefined) return
    const [known, stages] = [await repo.find(number), stagesOf(subject, now())]
    if (stages === undefined) return known === undefined ? undefined : repo.forget(number)
    const fingerprint = fingerprintOf(subject, false)
    if (known?.fingerprint === fingerprint) {
      if (known.state === 'pending') await order(tx, number)
      return
    }
    const at = now()
    const last =
      known === undefined ? 0 : Math.max(known.granted_at, await repo.grantBefore(subject.accountId, PER_MINUTE))
    const grantedAt = Math.max(at, last === 0 ? 0 : last + paceMs)
    await repo.want(subject, fingerprint, stages, { grantedAt, now: at })
    if (known !== undefined) await index.setExtracted(tx, subject.id, null)
    await order(tx, number, grantedAt > at ? grantedAt : undefined)
  }

  const ofLink = async (url: string, signal: AbortSignal): Promise<Result> => {
    const { page, image, icon } = await links.read(url, signal)
    const picture = image === undefined ? undefined : await pictures.ofLink(image)
    const { title = null, description = null, text = '', imageUrl, iconUrls, ...facts } = page ?? {}
    const wanted = imageUrl !== null && imageUrl !== undefined
    return {
      title,
      description,
      found: { ...facts, width: picture?.width ?? null, height: picture?.height ?? null },
      previews: [picture?.preview, icon].filter((one) => one !== undefined),
      extracted: text,
      errors: wanted && picture === undefined ? { renderables: 'The picture of the page could not be had.' } : {},
    }
  }

  const ofFile = async (subject: Subject, signal: AbortSignal): Promise<Result> => {
    const file = subject.fileId === null ? undefined : await openFile(subject.accountId, subject.fileId)
    if (file === undefined)
      return { found: {}, previews: [], extracted: null, errors: { metadata: 'The file is gone.' } }
    const kind = documentKindOf(subject)
    const document =
      kind === undefined ? undefined : await textOfFile(file, kind, subject.mimeType ?? '', { parser, signal })
    const errors: Result['errors'] = {}
    const picture = isPicture(subject)
      ? await pictures.ofFile(file).catch((error: unknown) => {
          if (!(error instanceof AppError && error.code in PictureErrors)) throw error
          errors.renderables = error.message
          return undefined
        })
      : undefined
    const looks =
      picture === undefined ? {} : { width: picture.width, height: picture.height, colors: [...picture.colors] }
    return {
      found: { ...looks, slideCount: document?.slideCount ?? null },
      previews: picture?.preview === undefined ? [] : [picture.preview],
      extracted: document?.text ?? null,
      errors,
    }
  }

  const finish = (work: Work, result: Result): Promise<void> =>
    database.transaction(async (tx) => {
      const { subject, fingerprint, stages } = work
      const change = await openChange(tx, index, subject.accountId, now())
      const [repo, previews] = [processingRepo(tx), previewRepo(tx)]
      const ids: Partial<Record<Preview['kind'], string>> = {}
      for (const preview of result.previews)
        ids[preview.kind] = await previews.insert(subject.number, preview, change.at)
      const found: Found = {
        ...NOTHING_FOUND,
        ...result.found,
        imageId: ids.image ?? ids.thumbnail ?? null,
        iconId: ids.icon ?? null,
      }
      const done = settled(stages, result.errors, change.at)
      const state = done.metadata?.status === 'failed' ? 'failed' : 'completed'
      const outcome = { state, stages: done, found } as const
      if (!(await repo.settle(subject.number, fingerprint, outcome, change.at))) throw new Superseded()
      await previews.keepOnly(subject.number, Object.values(ids))
      await index.setExtracted(tx, subject.id, result.extracted)
      // A palette has its colours from its own text, and no picture.
      const colors = found.colors.map(({ hex }) => ({ hex, name: null }))
      if (colors.length > 0) await colorsRepo(tx).replace(subject.accountId, subject.number, colors)
      const { title, description } = result
      const texts = { ...(title == null ? {} : { title }), ...(description == null ? {} : { description }) }
      await change.cards.update(subject.accountId, subject.id, texts, change.at)
    })

  const fail = (work: Work, error: unknown): Promise<void> =>
    finish(work, { found: {}, previews: [], extracted: null, errors: { metadata: reasonOf(error) } })

  const perform = async (work: Work, { attempt, signal }: JobRun): Promise<void> => {
    const { subject } = work
    try {
      const result = subject.fileId !== null ? await ofFile(subject, signal) : await ofLink(subject.url ?? '', signal)
      signal.throwIfAborted()
      await finish(work, result)
    } catch (error) {
      if (signal.aborted || error instanceof Superseded) throw error
      if (attempt < attemptsAfter(error)) throw error
      log.info({ card: subject.id, reason: reasonOf(error) }, 'a card could not be processed')
      await fail(work, error)
    }
  }

  jobs.handle(processCard, async ({ cardNumber }, run) => {
    const work = await processingRepo(database.db).begin(cardNumber, (stages) => started(stages, now()), now())
    if (work === undefined) return
    await perform(work, run).catch((error: unknown) => {
      // What there is to do by now has a job of its own.
      if (!(error instanceof Superseded)) throw error
    })
  })

  /** Takes up again what was lost with its job, and gives up what is lost again and again. */
  const resume = async (): Promise<number> => {
    const repo = processingRepo(database.db)
    const quiet = await repo.quiet(now() - QUIET_MS, SWEPT_AT_ONCE)
    for (const { card_number: number, rounds } of quiet) {
      if (rounds >= MOST_ROUNDS) {
        const work = await repo.begin(number, (stages) => stages, now())
        if (work !== undefined)
          await fail(work, new Error('It was tried again and again, and never came to an end.')).catch(
            (error: unknown) => {
              if (!(error instanceof Superseded)) throw error
            },
          )
        continue
      }
      await database.transaction(async (tx) => {
        const ordered = await order(tx, number)
        // One that still waits for its turn was not lost.
        await processingRepo(tx).touch(number, ordered === undefined ? rounds : rounds + 1, now())
      })
    }
    return quiet.length
  }

  return {
    notice,
    resume,

    /**
     * Finds out about a card anew, at once or when the pace allows; one that waits already waits on.
     *
     * @throws {AppError} NOT_FOUND
     */
    again: (accountId: string, cardId: string): Promise<Processed | undefined> =>
      database.transaction(async (tx) => {
        const change = await openChange(tx, index, accountId, now())
        const { number } = found(await change.cards.find(accountId, cardId))
        const repo = processingRepo(tx)
        if ((await repo.find(number))?.state !== 'pending') {
          await repo.unmark(number)
          // The index is told, and tells `notice`.
          await change.cards.update(accountId, cardId, {}, change.at)
        }
        return (await processedOf(tx, [number])).get(number)
      }),

    /** Removes pictures that no card names. @returns How many there were. */
    sweepPreviews: (): Promise<number> => previewRepo(database.db).sweep(now()),
  }
}

const attemptsAfter = (error: unknown): number => {
  if (!(error instanceof AppError)) return ATTEMPTS
  if (error.code === FetchErrors.FETCH_TIMEOUT.code) return SLOW_ATTEMPTS
  return FINAL.has(error.code) ? 1 : ATTEMPTS
}

/** The card has changed meanwhile; with this nothing of the old result is written. */
class Superseded extends Error {}

const pending = { status: 'pending' } as const

/** @returns Undefined when there is nothing to find out. */
const stagesOf = (subject: Subject, at: number): Stages | undefined => {
  const classify = { status: 'completed', startedAt: at, completedAt: at } as const
  if (subject.fileId !== null) {
    const [kind, picture] = [documentKindOf(subject), isPicture(subject)]
    if (kind === undefined && !picture) return undefined
    return { classify, metadata: pending, ...(picture ? { renderables: pending } : {}) }
  }
  return subject.type === 'link' && subject.url !== null
    ? { classify, metadata: pending, renderables: pending }
    : undefined
}

const isOpen = ({ status }: Stage): boolean => status === 'pending' || status === 'in_progress'

const mapOpen = (stages: Stages, change: (stage: Stage, name: string) => Stage): Stages =>
  Object.fromEntries(
    Object.entries(stages).flatMap(([name, stage]) =>
      stage === undefined ? [] : [[name, isOpen(stage) ? change(stage, name) : stage]],
    ),
  )

const started = (stages: Stages, at: number): Stages =>
  mapOpen(stages, ({ startedAt = at }) => ({ status: 'in_progress', startedAt }))

const settled = (stages: Stages, errors: Result['errors'], at: number): Stages =>
  mapOpen(stages, (stage, name) => {
    const error = errors[name as keyof Stages] ?? errors.metadata
    const { startedAt = at } = stage
    return error === undefined
      ? { status: 'completed', startedAt, completedAt: at }
      : { status: 'failed', startedAt, completedAt: at, error }
  })

// What is meant for callers, and nothing that a driver or another server said.
const reasonOf = (error: unknown): string =>
  error instanceof AppError ? error.message : 'It could not be read. The log of the server says why.'
