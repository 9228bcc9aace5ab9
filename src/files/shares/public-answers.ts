import { AppError } from '../../platform/errors.ts'
import { type RequestInfo, reply } from '../../platform/http/index.ts'
import { FileErrors } from '../files/contract.ts'
import { toMoment } from '../files/present.ts'
import type { StoredFile } from '../files/repo.ts'
import {
  type Answer,
  closing,
  contentAnswer,
  type FailureAnswers,
  isShownToPeople,
  jsonAnswer,
  pageAnswer,
} from './answers.ts'
import { type Downloads, endOf } from './downloads.ts'
import { listingPage } from './listing.ts'
import { folderPage, requestPage } from './pages/pages.ts'
import { type StoredShare, stateOf } from './repo.ts'
import type { Arrival, FileRequests } from './requests.ts'
import type { shareTargets } from './targets.ts'
import { readFiles } from './upload-form.ts'
import type { Visitor, Visitors } from './visitor.ts'

/** A request through a link. */
export interface Asked {
  readonly request: RequestInfo
  readonly visitor: Visitor
  readonly token: string
}

/** How many downloads are left; null for any number. */
export const leftOf = ({ max_downloads, downloads }: StoredShare): number | null =>
  max_downloads === null ? null : Math.max(0, max_downloads - downloads)

const roomOf = ({ max_files, files_received }: StoredShare): number | null =>
  max_files === null ? null : Math.max(0, max_files - files_received)

const momentOrNull = (ms: number | null): string | null => (ms === null ? null : toMoment(ms))

/** Sends a file, or a range of it. */
export const contentSender =
  ({ downloads, visitors, failures }: { downloads: Downloads; visitors: Visitors; failures: FailureAnswers }) =>
  async ({ request, visitor }: Asked, share: StoredShare, file: StoredFile, saves: boolean): Promise<Answer> => {
    const { headers, signal } = request
    const method = request.method === 'HEAD' ? 'HEAD' : 'GET'
    const asAttachment = saves || share.disposition === 'attachment'
    const { answer, visitorId } = await downloads.answer({
      share,
      file,
      visitor,
      method,
      headers,
      asAttachment,
      signal,
    })
    if (answer.status === 416)
      return failures.json(new AppError(FileErrors.RANGE_NOT_SATISFIABLE), request, answer.headers)
    const cookies = visitorId === undefined ? [] : [visitors.visitCookie(share, visitorId)]
    return contentAnswer(answer.status, answer.body, answer.headers, cookies)
  }

/** Shows what a shared folder holds. */
export const folderShower =
  ({ targets, visitors }: { targets: ReturnType<typeof shareTargets>; visitors: Visitors }) =>
  async (
    { request, visitor }: Asked,
    share: StoredShare,
    { id, after = '' }: { id?: string; after?: string | undefined },
  ): Promise<Answer> => {
    const shared = await targets.folder(share, id)
    const { folders, files, next: position } = await listingPage(targets, shared, after)
    const base = `/s/${share.token}`
    const isTop = shared.path.length === 1
    const address = isTop ? base : `${base}/folders/${shared.folder.id}`
    const title = isTop ? (share.name ?? shared.folder.name) : shared.folder.name
    const next = position === undefined ? undefined : `${address}?after=${position}`
    const archive = `${base}/zip${isTop ? '' : `?folder=${shared.folder.id}`}`
    const cookies = visitors.visitCookies(share, visitor)
    if (isShownToPeople(request)) {
      const listing = { title, path: shared.path, folders, files, next, archive, left: leftOf(share) }
      return pageAnswer(200, folderPage(share, listing), cookies)
    }
    return jsonAnswer(
      200,
      {
        kind: 'folder',
        name: title,
        expires_at: momentOrNull(share.expires_at),
        folders: folders.map((folder) => ({
          id: folder.id,
          name: folder.name,
          url: `${base}/folders/${folder.id}`,
        })),
        files: files.map((file) => ({
          id: file.id,
          file_name: file.name,
          file_size: file.size_bytes,
          file_type: file.type,
          mime_type: file.mime_type,
          updated_at: toMoment(file.updated_at),
          url: `${base}/files/${file.id}/content`,
        })),
        next: next ?? null,
        archive_url: archive,
      },
      cookies,
    )
  }

/** What a link says that asks for files. */
export const requestAnswer = (share: StoredShare, isPage: boolean): Answer =>
  isPage
    ? pageAnswer(200, requestPage(share, roomOf(share)))
    : jsonAnswer(200, {
        kind: 'request',
        name: share.name,
        expires_at: momentOrNull(share.expires_at),
        max_file_bytes: share.max_file_bytes,
        files_left: roomOf(share),
        upload_url: `/s/${share.token}/files`,
      })

export interface UploadTakerParts {
  readonly requests: FileRequests
  readonly failures: FailureAnswers
  readonly clock: { now(): Date }
}

/** Takes the files of a form. What has arrived stays, also if a later one is refused. */
export const uploadTaker =
  ({ requests, failures, clock }: UploadTakerParts) =>
  async ({ request }: Asked, share: StoredShare): Promise<Answer> => {
    const state = stateOf(share, clock.now().getTime())
    if (state !== 'active') throw endOf(state)
    const received: Arrival[] = []
    let refused: AppError | undefined
    try {
      await readFiles(request, async (file) => void received.push(await requests.receive(share, file, request.signal)))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      refused = error
    }
    if (isShownToPeople(request)) return uploadPage(share, received, refused, request)
    if (refused === undefined) return jsonAnswer(201, { received })
    const { status, code, message } = refused
    const details = { received, ...detailsOf(refused) }
    return failures.json(new AppError({ status, code, message }, { details }), request, {})
  }

const detailsOf = ({ details }: AppError): object => (typeof details === 'object' && details !== null ? details : {})

const uploadPage = (
  share: StoredShare,
  received: readonly Arrival[],
  refused: AppError | undefined,
  request: RequestInfo,
): Answer => {
  if (refused !== undefined && received.length === 0) throw refused
  const room = roomOf(share)
  const left = room === null ? null : Math.max(0, room - received.length)
  const fileNames = received.map(({ file_name }) => file_name)
  const page = requestPage(share, left, { fileNames, problem: problemOf(refused, received) })
  const answer = pageAnswer(refused?.status ?? 201, page)
  return reply(answer.status, answer.value, { ...answer.headers, ...(refused === undefined ? {} : closing(request)) })
}

const problemOf = (refused: AppError | undefined, received: readonly Arrival[]): string | undefined => {
  if (refused !== undefined) return refused.message
  return received.length === 0 ? 'No file was chosen.' : undefined
}
