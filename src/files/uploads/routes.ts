import type { Clock } from '../../platform/clock.ts'
import { AppError } from '../../platform/errors.ts'
import { Failures, type RequestInfo, type Route, reply, route } from '../../platform/http/index.ts'
import type { Log } from '../../platform/log/index.ts'
import { filesDialect } from '../dialect.ts'
import { ON_CONFLICT, type OnConflict } from '../files/contract.ts'
import { parseFileName } from '../files/names.ts'
import {
  appendUpload,
  createUpload,
  deleteUpload,
  describeUploads,
  getUpload,
  listUploads,
  UploadErrors,
} from './contract.ts'
import {
  assertOffsetType,
  assertVersion,
  CHECKSUM_ALGORITHMS,
  type Metadata,
  parseChecksum,
  parseConcat,
  parseCount,
  parseLength,
  parseMetadata,
  parseSha256,
  TUS_EXTENSIONS,
  TUS_VERSION,
} from './protocol.ts'
import type { UploadRow } from './repo.ts'
import { toUpload, UPLOADS_PATH } from './row.ts'
import type { NewUpload, Piece, ResumableUploads } from './service.ts'

export interface UploadRoutesParts {
  readonly resumable: ResumableUploads
  readonly clock: Clock
  readonly log: Log
  readonly maxFileBytes: number
}

type Headers = Record<string, string>

const SPEAKS: Headers = { 'tus-resumable': TUS_VERSION }
const DEFAULT_NAME = 'upload'
// An answer to HEAD has none, whatever the answer to GET looks like.
const NO_BODY = undefined as never

export const uploadRoutes = ({ resumable, clock, log, maxFileBytes }: UploadRoutesParts): Route[] => {
  // A refusal of this protocol has headers that no other refusal has, and is written here for that reason alone.
  const speaking = async (request: RequestInfo, act: () => Promise<ReturnType<typeof reply<null>>>) => {
    try {
      assertVersion(request.headers)
      return await act()
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      if (error.status >= 500) log.error({ err: error, requestId: request.id }, 'an upload failed')
      return refusal(request, error)
    }
  }

  const refusal = (request: RequestInfo, error: AppError) => {
    const failure = filesDialect.failure(error, { requestId: request.id, nowMs: clock.now().getTime() })
    const unread = !request.raw.complete
    if (unread) request.raw.resume()
    const headers = {
      ...SPEAKS,
      ...(error.code === UploadErrors.TUS_VERSION.code ? { 'tus-version': TUS_VERSION } : {}),
      ...(error.retryAfterSeconds === undefined ? {} : { 'retry-after': String(error.retryAfterSeconds) }),
      ...(unread ? { connection: 'close' } : {}),
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
    }
    return reply<string | null>(error.status, JSON.stringify(failure), headers)
  }

  const create = async (accountId: string, request: RequestInfo) => {
    const { headers } = request
    const concat = parseConcat(headers)
    const metadata = parseMetadata(textOf(headers['upload-metadata']))
    if (concat?.kind === 'final') {
      if (headers['upload-length'] !== undefined || hasBody(request)) throw invalid('A joined upload takes no bytes.')
      const spec = { ...toSpec('final', request, metadata), concat: textOf(headers['upload-concat']) ?? '' }
      unlimitTime(request)
      return answerCreated(await resumable.join(accountId, spec, concat.parts))
    }
    const sizeBytes = parseLength(headers)
    const spec = { ...toSpec(concat === undefined ? 'whole' : 'partial', request, metadata), sizeBytes }
    if (!hasBody(request) && sizeBytes !== 0) return answerCreated(await resumable.create(accountId, spec))
    if (hasBody(request)) assertOffsetType(headers)
    const checksum = parseChecksum(headers)
    const row = await resumable.create(accountId, spec)
    try {
      return answerCreated(await resumable.append(accountId, row.id, pieceOf(request, { offset: 0, checksum })))
    } catch (error) {
      // Nobody has been told its address.
      if (error instanceof AppError && !request.signal.aborted)
        await resumable.remove(accountId, row.id).catch(() => undefined)
      throw error
    }
  }

  return [
    route(describeUploads, () =>
      reply(204, null, {
        ...SPEAKS,
        'tus-version': TUS_VERSION,
        'tus-extension': TUS_EXTENSIONS.join(','),
        'tus-max-size': String(maxFileBytes),
        'tus-checksum-algorithm': CHECKSUM_ALGORITHMS.join(','),
      }),
    ),

    route(listUploads, ({ caller, query }) => resumable.list(caller.accountId, query.limit, query.cursor)),

    route(createUpload, ({ caller, request }) => speaking(request, () => create(caller.accountId, request))),

    route(getUpload, async ({ caller, params, request }) => {
      if (request.method !== 'HEAD') return toUpload(await resumable.look(caller.accountId, params.id))
      const answer = await speaking(request, async () => {
        unlimitTime(request)
        const row = await resumable.look(caller.accountId, params.id)
        return reply(200, null, stateHeaders(row))
      })
      return reply(answer.status, NO_BODY, { ...answer.headers, 'cache-control': 'no-store' })
    }),

    route(appendUpload, ({ caller, params, request }) =>
      speaking(request, async () => {
        const { headers } = request
        assertOffsetType(headers)
        const offset = parseCount(headers, 'upload-offset', 'Upload-Offset')
        if (offset === undefined) throw invalid('Send Upload-Offset.')
        const sizeBytes = parseCount(headers, 'upload-length', 'Upload-Length')
        const piece = pieceOf(request, { offset, sizeBytes, checksum: parseChecksum(headers) })
        const row = await resumable.append(caller.accountId, params.id, piece)
        return reply(204, null, progressHeaders(row))
      }),
    ),

    route(deleteUpload, ({ caller, params, request }) =>
      speaking(request, async () => {
        await resumable.remove(caller.accountId, params.id)
        return reply(204, null, SPEAKS)
      }),
    ),
  ]
}

const answerCreated = (row: UploadRow) =>
  reply(201, null, { ...progressHeaders(row), location: `${UPLOADS_PATH}/${row.id}` })

const invalid = (message: string): AppError => new AppError(Failures.INVALID_INPUT, { message })

const textOf = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : value?.join(',')

const hasBody = ({ headers }: RequestInfo): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'

/** What comes now may take longer than a connection may be idle: the bytes may have to be read again. */
const unlimitTime = ({ raw }: RequestInfo): void => void raw.socket.setTimeout(0)

const pieceOf = (request: RequestInfo, given: Pick<Piece, 'offset' | 'sizeBytes' | 'checksum'>): Piece => ({
  ...given,
  source: request.raw,
  declaredBytes: hasBody(request) ? lengthOf(request) : 0,
  ownsBuffers: true,
  signal: request.signal,
  progress: () => request.raw.socket.bytesRead,
  onComplete: () => unlimitTime(request),
})

const lengthOf = ({ headers }: RequestInfo): number | undefined =>
  headers['content-length'] === undefined ? undefined : Number(headers['content-length'])

const toSpec = (kind: NewUpload['kind'], { headers }: RequestInfo, metadata: Metadata): NewUpload => ({
  kind,
  sizeBytes: undefined,
  // Clients disagree on the keys; these are the common ones.
  name: parseFileName((metadata.get('filename') ?? metadata.get('name')) || DEFAULT_NAME),
  mediaType: metadata.get('filetype') ?? metadata.get('type') ?? '',
  folderId: metadata.get('folder_id') || undefined,
  teamId: metadata.get('team_id') || undefined,
  onConflict: parseOnConflict(metadata.get('on_conflict')),
  sha256: parseSha256(metadata.get('sha256')),
  metadata: textOf(headers['upload-metadata']),
})

const parseOnConflict = (text: string | undefined): OnConflict => {
  const found = ON_CONFLICT.find((known) => known === text)
  if (found === undefined && text !== undefined && text !== '')
    throw invalid('on_conflict takes rename, replace and fail.')
  return found ?? 'rename'
}

const httpDate = (ms: number): string => new Date(ms).toUTCString()

const progressHeaders = (row: UploadRow): Headers => ({
  ...SPEAKS,
  'upload-offset': String(row.offset_bytes),
  ...(row.state === 'open' ? { 'upload-expires': httpDate(row.expires_at) } : {}),
  ...(row.file_id === null ? {} : { 'x-file-id': row.file_id, 'content-location': `/api/v1/files/${row.file_id}` }),
})

const stateHeaders = (row: UploadRow): Headers => ({
  ...progressHeaders(row),
  ...(row.size_bytes === null ? { 'upload-defer-length': '1' } : { 'upload-length': String(row.size_bytes) }),
  ...(row.metadata === null ? {} : { 'upload-metadata': row.metadata }),
  ...(row.kind === 'partial' ? { 'upload-concat': 'partial' } : {}),
  ...(row.concat === null ? {} : { 'upload-concat': row.concat }),
})
