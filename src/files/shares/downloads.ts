import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { answerRange, type ConditionalHeaders } from '../chunks/range.ts'
import type { ContentAnswer, ContentService } from '../files/content.ts'
import type { StoredFile } from '../files/repo.ts'
import { toRepresentation } from '../files/representation.ts'
import type { Counters } from '../stats/counters.ts'
import { ShareErrors, type ShareState } from './contract.ts'
import { downloadRepo } from './downloads-repo.ts'
import { type StoredShare, shareRepo, stateOf } from './repo.ts'
import { VISIT_MS, type Visitor, type Visitors } from './visitor.ts'

/** How often a program without cookies may come back for more of one download. */
const MOST_RESUMES = 50

export interface DownloadParts {
  readonly database: Database
  readonly counters: Counters
  readonly content: ContentService
  readonly visitors: Visitors
  readonly clock: Clock
}

export interface DownloadRequest {
  readonly share: StoredShare
  readonly file: StoredFile
  readonly visitor: Visitor
  readonly method: 'GET' | 'HEAD'
  readonly headers: ConditionalHeaders
  readonly asAttachment: boolean
  readonly signal: AbortSignal
}

export type Downloads = ReturnType<typeof downloadService>

/**
 * Downloads through links, each counted once. One download is one visitor, one file and six hours: within them the
 * visitor may come back for any range of it, also when the link allows no further download.
 *
 * A visitor is known by a cookie. A program that keeps none is known by its address and its `User-Agent`, and only for
 * going on: a request for a range that does not start at 0 belongs to its newest download of the file, fifty times.
 * Everything else is a download of its own, and gets 410 if none is left.
 */
export const downloadService = ({ database, counters, content, visitors, clock }: DownloadParts) => {
  const downloads = downloadRepo(database.db)

  /** Counts a download, in one transaction with everything that it changes. */
  const begin = (share: StoredShare, fileId: string, id: string, client: string | null): Promise<void> => {
    const nowMs = clock.now().getTime()
    const key = { shareId: share.id, visitor: visitors.digest(id), fileId }
    return counters.change(share.account_id, async (tx) => {
      const isNew = await downloadRepo(tx).insert(key, { client, nowMs, lastsMs: VISIT_MS })
      // Another request of the same visitor was faster.
      if (!isNew) return { result: undefined, add: {} }
      const shares = shareRepo(tx)
      if (!(await shares.takeDownload(share.id, nowMs))) {
        const now = await shares.find(share.account_id, share.id)
        throw endOf(now === undefined ? 'disabled' : stateOf(now, nowMs))
      }
      return {
        result: undefined,
        add: { downloads: 1, shareLinks: await shares.settle(share.account_id, share.id, nowMs) },
      }
    })
  }

  const goesOn = ({ file, visitor, method, headers }: DownloadRequest): boolean => {
    if (visitor.id !== undefined || method === 'HEAD') return false
    const range = answerRange(headers, toRepresentation(file), method)
    return range.status === 206 && range.from > 0
  }

  const isKnown = async (share: StoredShare, fileId: string, { id }: Visitor, nowMs: number): Promise<boolean> =>
    id !== undefined && downloads.isOpen({ shareId: share.id, visitor: visitors.digest(id), fileId }, nowMs)

  /** Whatever is about to be sent belongs to a download from here on. @returns The visitor's new id, if it got one. */
  const admit = async (request: DownloadRequest, nowMs: number): Promise<string | undefined> => {
    const { share, file, visitor } = request
    const { client } = visitor
    const place = { shareId: share.id, fileId: file.id, client }
    if (goesOn(request) && (await downloads.resume(place, nowMs, MOST_RESUMES))) return undefined
    const id = visitor.id ?? visitors.newId()
    await begin(share, file.id, id, visitor.id === undefined ? client : null)
    return visitor.id === undefined ? id : undefined
  }

  return {
    /**
     * @returns What the file's own endpoint answers, and the id that a visitor without one has got.
     * @throws {AppError} SHARE_EXHAUSTED and its kin; what `ContentService.answer` throws
     */
    async answer(request: DownloadRequest): Promise<{ answer: ContentAnswer; visitorId: string | undefined }> {
      const { share, file, method, headers, asAttachment, signal } = request
      const nowMs = clock.now().getTime()
      const known = await isKnown(share, file.id, request.visitor, nowMs)
      // Before anything is opened. Who may come first among many is decided when a download begins.
      if (!known && stateOf(share, nowMs) !== 'active' && !goesOn(request)) throw endOf(stateOf(share, nowMs))
      const answer = await content.answer(file, { method, headers, asAttachment, signal })
      if (known || answer.body === null) return { answer, visitorId: undefined }
      try {
        return { answer, visitorId: await admit(request, nowMs) }
      } catch (error) {
        if ('close' in answer.body) await answer.body.close()
        throw error
      }
    },

    /**
     * A folder as an archive: one download, whatever is in it, and no second one for a visitor who comes again.
     *
     * @param open Opens it, before it is counted.
     * @throws {AppError} SHARE_EXHAUSTED and its kin; what `open` throws
     */
    async ofArchive<T extends { destroy(): unknown }>(
      share: StoredShare,
      folderId: string,
      visitor: Visitor,
      open: () => Promise<T>,
    ): Promise<{ opened: T; visitorId: string | undefined }> {
      const nowMs = clock.now().getTime()
      // No file has such an id.
      const fileId = `archive:${folderId}`
      const known = await isKnown(share, fileId, visitor, nowMs)
      if (!known && stateOf(share, nowMs) !== 'active') throw endOf(stateOf(share, nowMs))
      const opened = await open()
      if (known) return { opened, visitorId: undefined }
      const id = visitor.id ?? visitors.newId()
      try {
        await begin(share, fileId, id, null)
      } catch (error) {
        opened.destroy()
        throw error
      }
      return { opened, visitorId: visitor.id === undefined ? id : undefined }
    },

    /** Whether this visitor has downloads of the link that may go on. */
    async isVisiting(share: StoredShare, visitor: Visitor): Promise<boolean> {
      if (visitor.id === undefined) return false
      return downloads.hasAny(share.id, visitors.digest(visitor.id), clock.now().getTime())
    },
  }
}

const ENDS = {
  disabled: ShareErrors.SHARE_DISABLED,
  expired: ShareErrors.SHARE_EXPIRED,
  exhausted: ShareErrors.SHARE_EXHAUSTED,
}

/** Why a link does not work. */
export const endOf = (state: ShareState): AppError =>
  // A link that works after all has just been given more room: whoever asks again gets in.
  new AppError(ENDS[state === 'active' ? 'exhausted' : state])
