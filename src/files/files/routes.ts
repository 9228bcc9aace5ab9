import type { Clock } from '../../platform/clock.ts'
import { AppError } from '../../platform/errors.ts'
import { Failures, type RequestInfo, type Route, reply, route } from '../../platform/http/index.ts'
import { filesDialect } from '../dialect.ts'
import type { Counters } from '../stats/counters.ts'
import type { ContentService } from './content.ts'
import {
  copyFile,
  deactivateShares,
  FileErrors,
  getFile,
  getFileContent,
  listFiles,
  putFileContent,
  updateFile,
  uploadFile,
} from './contract.ts'
import { parseReprDigest } from './digest.ts'
import { mediaTypeOf } from './media-type.ts'
import type { FileMover } from './moving.ts'
import { parseFileName } from './names.ts'
import type { FileService } from './service.ts'
import { type Draft, quotaExceeded, type Uploaded, type Uploads } from './uploads.ts'

/** Fields, headers and boundaries around the file of a form. */
const FORM_OVERHEAD_BYTES = 64 * 1024

export interface FileRoutesParts {
  readonly files: FileService
  readonly moves: FileMover
  readonly uploads: Uploads
  readonly content: ContentService
  readonly counters: Counters
  readonly clock: Clock
}

export const fileRoutes = ({ files, moves, uploads, content, counters, clock }: FileRoutesParts): Route[] => {
  const answerUpload = async (accountId: string, { file, created }: Uploaded) =>
    reply(created ? 201 : 200, await files.present(accountId, file), { location: `/api/v1/files/${file.id}` })

  return [
    route(listFiles, ({ caller, query }) => files.list(caller, query)),

    route(uploadFile, async ({ caller: { accountId }, request, form }) => {
      const room = await uploads.room(accountId)
      if ((declaredBytes(request) ?? 0) > room + FORM_OVERHEAD_BYTES) throw quotaExceeded(room)
      const uploaded = await uploads.store(accountId, { maxBytes: room, signal: request.signal }, async (take) => {
        const { fields, file } = await form(async ({ stream, fileName, mimeType }) => {
          const name = parseFileName(fileName)
          await take(stream)
          return { name, mediaType: mediaTypeOf(mimeType, name) }
        })
        const { folder_id, team_id, on_conflict = 'rename' } = fields
        return { ...file, folderId: folder_id, teamId: team_id, onConflict: on_conflict }
      })
      return answerUpload(accountId, uploaded)
    }),

    route(putFileContent, async ({ caller: { accountId }, query, request }) => {
      const declared = assertRawBody(request)
      const digest = parseReprDigest(request.headers['repr-digest'])
      const draft = toDraft(query, request)
      const room = await uploads.room(accountId, await uploads.assertWanted(accountId, draft))
      if ((declared ?? 0) > room) throw quotaExceeded(room)
      const options = { maxBytes: room, declaredBytes: declared, ownsBuffers: true, signal: request.signal }
      const uploaded = await uploads.store(accountId, options, async (take) => {
        const { sha256 } = await take(request.raw)
        if (digest !== undefined && !digest.equals(sha256)) throw new AppError(FileErrors.DIGEST_MISMATCH)
        return draft
      })
      return answerUpload(accountId, uploaded)
    }),

    route(getFile, async ({ caller: { accountId }, params }) =>
      files.present(accountId, await files.find(accountId, params.id)),
    ),

    route(getFileContent, async ({ caller: { accountId }, params, query, request }) => {
      const file = await files.find(accountId, params.id)
      const method = request.method === 'HEAD' ? 'HEAD' : 'GET'
      const asAttachment = query.download === '1'
      const { headers, signal } = request
      const answer = await content.answer(file, { method, headers, asAttachment, signal })
      if (answer.countsAsDownload) counters.countDownload(accountId)
      if (answer.status !== 416) return reply(answer.status, answer.body, answer.headers)
      // The one failure with a header that only the file knows.
      const failure = filesDialect.failure(new AppError(FileErrors.RANGE_NOT_SATISFIABLE), {
        requestId: request.id,
        nowMs: clock.now().getTime(),
      })
      return reply(416, JSON.stringify(failure), {
        ...answer.headers,
        'content-type': 'application/json; charset=utf-8',
      })
    }),

    route(updateFile, async ({ caller, params, body: { file_name, folder_id, on_conflict } }) => {
      const change = { name: file_name, folderId: folder_id, onConflict: on_conflict }
      return files.present(caller.accountId, await moves.change(caller, params.id, change))
    }),

    route(copyFile, async ({ caller, params, body: { file_name, folder_id, team_id } }) => {
      const copy = await moves.copy(caller, params.id, { name: file_name, folderId: folder_id, teamId: team_id })
      return reply(201, await files.present(caller.accountId, copy), { location: `/api/v1/files/${copy.id}` })
    }),

    route(deactivateShares, async ({ caller, params }) => ({
      success: true as const,
      message: 'Share link deactivated' as const,
      deactivated: await files.deactivateShares(caller, params.id),
    })),
  ]
}

const declaredBytes = ({ headers }: RequestInfo): number | undefined =>
  headers['content-length'] === undefined ? undefined : Number(headers['content-length'])

/**
 * @returns The length that was announced; undefined if the body is sent chunked.
 * @throws {AppError} LENGTH_REQUIRED, UNSUPPORTED_MEDIA_TYPE, INVALID_INPUT
 */
const assertRawBody = (request: RequestInfo): number | undefined => {
  const { headers } = request
  const declared = declaredBytes(request)
  if (declared === undefined && headers['transfer-encoding'] === undefined)
    throw new AppError(FileErrors.LENGTH_REQUIRED)
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity')
    throw new AppError(Failures.UNSUPPORTED_MEDIA_TYPE, { message: 'Send the body without Content-Encoding.' })
  // A part would be stored as if it were the whole: https://www.rfc-editor.org/rfc/rfc9110#section-14.5
  if (headers['content-range'] !== undefined)
    throw new AppError(Failures.INVALID_INPUT, { message: 'Content-Range cannot be used here. Send the whole file.' })
  return declared
}

interface PutQuery {
  readonly name: string
  readonly folder_id?: string | undefined
  readonly team_id?: string | undefined
  readonly on_conflict?: Draft['onConflict'] | undefined
}

const toDraft = ({ name: given, folder_id, team_id, on_conflict }: PutQuery, { headers }: RequestInfo): Draft => {
  const name = parseFileName(given)
  return {
    name,
    mediaType: mediaTypeOf(headers['content-type'], name),
    folderId: folder_id,
    teamId: team_id,
    onConflict: on_conflict ?? 'replace',
    conditions: { 'if-match': headers['if-match'], 'if-none-match': headers['if-none-match'] },
  }
}
