import type { Readable } from 'node:stream'
import { mediaTypeOf, type StoredFile } from '../../files/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { RequestInfo } from '../../platform/http/index.ts'
import { newId } from '../../platform/ids.ts'
import type { AttachedFile } from '../cards/changing.ts'
import { AttachmentErrors, CardErrors, MAX_CONTENT_BYTES, type NewCard, UploadConflict } from '../cards/contract.ts'
import { cardTypeOfFile, isMarkdown } from '../cards/file-kinds.ts'
import { AddressErrors } from './contract.ts'
import { type CardFiles, type FileReleases, FOLDER_NAME } from './releases.ts'
import { type StoredUpload, uploadRepo } from './repo.ts'
import type { Signer } from './tokens.ts'

const UPLOAD_MS = 10 * 60_000
const KEPT_MS = 24 * 60 * 60_000
const FILE_URL_MS = 15 * 60_000
// Addresses that are made within a minute are the same, so that a browser that lists cards again has their files.
const FILE_URL_STEP_MS = 60_000
const SWEEP_BATCH = 100

export interface UploadServiceParts {
  readonly database: Database
  readonly clock: Clock
  readonly files: CardFiles
  readonly signer: Signer
  readonly releases: FileReleases
  readonly publicUrl: () => string
}

/** What is announced. */
export interface Announced {
  readonly fileName: string
  readonly fileSize: number
  readonly mimeType: string
}

/** An upload that has arrived and is as the card says; `claim` makes it a card's. */
export interface PreparedFile extends AttachedFile {
  readonly uploadId: string
  readonly fileId: string
}

/** What an address says of itself. */
export interface Signed {
  readonly expires: number
  readonly signature: string
}

export type CardUploads = ReturnType<typeof uploadService>

/** Files on their way to become cards, and the addresses under which they are sent and read without a key. */
export const uploadService = ({ database, clock, files, signer, releases, publicUrl }: UploadServiceParts) => {
  const uploads = uploadRepo(database.db)
  const nowMs = (): number => clock.now().getTime()
  const base = (): string => publicUrl().replace(/\/+$/, '')

  const assertSigned = (parts: readonly (string | number)[], { expires, signature }: Signed): void => {
    if (expires <= nowMs() || !signer.isSigned([...parts, expires], signature))
      throw new AppError(AddressErrors.FORBIDDEN)
  }

  const keep = async (upload: StoredUpload, tx: Db, file: StoredFile): Promise<void> => {
    const repo = uploadRepo(tx)
    const before = await repo.findOwn(upload.account_id, upload.id)
    if (before?.file_id) await repo.release(upload.account_id, before.file_id)
    if (before === undefined || !(await repo.setFile(upload.id, file.id, file.sha256.toString('hex'))))
      throw conflict('This upload is a card already, or was given up.')
  }

  const readText = async (accountId: string, fileId: string): Promise<string> => {
    const chunks: Buffer[] = []
    for await (const chunk of await files.content.read(await files.files.find(accountId, fileId))) chunks.push(chunk)
    try {
      return utf8.decode(Buffer.concat(chunks))
    } catch (cause) {
      throw new AppError(AttachmentErrors.INVALID_UTF8, { cause })
    }
  }

  /** Takes the bytes of an upload, exactly as many as were announced. */
  const take = async (upload: StoredUpload, source: Readable, signal: AbortSignal): Promise<StoredFile> => {
    const { account_id, size_bytes, mime_type, file_name } = upload
    if (size_bytes > (await files.uploads.room(account_id))) throw new AppError(AttachmentErrors.FILE_TOO_LARGE)
    const folder = await files.folders.ensure({ accountId: account_id }, FOLDER_NAME)
    const options = {
      maxBytes: size_bytes,
      declaredBytes: size_bytes,
      ownsBuffers: true,
      signal,
      after: (tx: Db, file: StoredFile) => keep(upload, tx, file),
    }
    const { file } = await files.uploads
      .store(account_id, options, async (store) => {
        const { sizeBytes } = await store(source)
        if (sizeBytes !== size_bytes) throw conflict('The body is shorter than the announced fileSize.')
        const mediaType = mediaTypeOf(mime_type, file_name)
        return { name: file_name, mediaType, folderId: folder.id, onConflict: 'rename' as const }
      })
      .catch(asTooLarge)
    return file
  }

  const announce = async (accountId: string, { fileName, fileSize, mimeType }: Announced) => {
    const maxFileSize = await files.uploads.room(accountId)
    if (fileSize > maxFileSize) throw new AppError(AttachmentErrors.FILE_TOO_LARGE, { details: { maxFileSize } })
    assertTextFits(fileName, fileSize)
    const id = newId('upload')
    const upload = { id, account_id: accountId, file_name: fileName, mime_type: mimeType, size_bytes: fileSize }
    await uploads.insert(upload, nowMs())
    return { upload: { ...upload, file_id: null, sha256: null }, maxFileSize }
  }

  return {
    /** @throws {AppError} FILE_TOO_LARGE, CONTENT_TOO_LARGE */
    async announce(accountId: string, file: Announced) {
      const { upload, maxFileSize } = await announce(accountId, file)
      const { id } = upload
      const expires = nowMs() + UPLOAD_MS
      const signature = signer.sign([...signedParts(upload), expires])
      const uploadUrl = `${base()}/v1/uploads/${id}?expires=${expires}&signature=${signature}`
      return { uploadUrl, fileKey: id, method: 'PUT' as const, maxFileSize, expiresIn: UPLOAD_MS / 1000 }
    },

    /**
     * Takes a file that is in this server already; it is given up after a day if no card claims it.
     *
     * @returns Its `fileKey`.
     * @throws {AppError} FILE_TOO_LARGE, CONTENT_TOO_LARGE, and what an upload of files throws
     */
    async bring(accountId: string, file: Announced, source: Readable, signal: AbortSignal): Promise<string> {
      const { upload } = await announce(accountId, file)
      await take(upload, source, signal)
      return upload.id
    },

    /**
     * Takes the bytes of an announced file.
     *
     * @returns The `ETag` of what arrived.
     * @throws {AppError} FORBIDDEN, TYPE_MISMATCH, FILE_TOO_LARGE, CONFLICT, and what an upload of files throws
     */
    async receive(id: string, signed: Signed, { headers, raw, signal }: RequestInfo): Promise<string> {
      const upload = await uploads.find(id)
      if (upload === undefined) throw new AppError(AddressErrors.FORBIDDEN)
      assertSigned(signedParts(upload), signed)
      assertAsAnnounced(upload, headers['content-type'], headers['content-length'])
      const file = await take(upload, raw, signal)
      releases.soon()
      return toEtag(file.sha256.toString('hex'))
    },

    /**
     * Looks at what a new card says of its file.
     *
     * @returns undefined for a card without one.
     * @throws {AppError} INVALID_STORAGE_KEY, CONFLICT, TYPE_MISMATCH, CONTENT_TOO_LARGE, INVALID_UTF8
     */
    async prepare(accountId: string, card: NewCard): Promise<PreparedFile | undefined> {
      const { fileKey, fileName, mimeType } = card
      if (fileKey === undefined || fileName === undefined || mimeType === undefined) return undefined
      const upload = await uploads.findOwn(accountId, fileKey)
      if (upload === undefined) throw new AppError(AttachmentErrors.INVALID_STORAGE_KEY)
      const { file_id: fileId, sha256, size_bytes: sizeBytes, mime_type } = upload
      if (fileId === null || sha256 === null) throw conflict('The file has not been uploaded yet.')
      if (card.fileEtag !== undefined && card.fileEtag !== toEtag(sha256)) throw conflict('fileEtag is of other bytes.')
      if (card.fileSize !== undefined && card.fileSize !== sizeBytes)
        throw conflict('fileSize is not that of the file.')
      if (mimeType !== mime_type) throw new AppError(AttachmentErrors.TYPE_MISMATCH)
      const common = { uploadId: upload.id, fileId, name: fileName }
      if (isMarkdown(fileName)) {
        assertTextFits(fileName, sizeBytes)
        return { ...common, type: 'text', text: cleanText(await readText(accountId, fileId)), file: undefined }
      }
      const type = mediaTypeOf(mimeType, fileName)
      const file = { id: fileId, name: fileName, sizeBytes, mimeType: type }
      return { ...common, type: cardTypeOfFile(type), text: undefined, file }
    },

    /**
     * Makes an upload a card's, once, in the transaction that makes the card.
     *
     * @throws {AppError} INVALID_STORAGE_KEY
     */
    async claim(tx: Db, accountId: string, prepared: PreparedFile): Promise<AttachedFile> {
      const repo = uploadRepo(tx)
      const { uploadId, fileId } = prepared
      if ((await repo.take(accountId, uploadId, fileId)) === undefined)
        throw new AppError(AttachmentErrors.INVALID_STORAGE_KEY)
      // The card is the text, byte for byte: a second copy would only cost room.
      if (prepared.file === undefined) await repo.release(accountId, fileId)
      return prepared
    },

    releaseSoon: releases.soon,

    /** An address under which the file of a card can be read for a quarter of an hour. */
    fileUrl(fileId: string): string {
      const expires = Math.ceil((nowMs() + FILE_URL_MS) / FILE_URL_STEP_MS) * FILE_URL_STEP_MS
      const signature = signer.sign(['file', fileId, expires])
      return `${base()}/v1/files/${fileId}?expires=${expires}&signature=${signature}`
    },

    /** The file behind such an address. @throws {AppError} FORBIDDEN, NOT_FOUND */
    async fileOf(id: string, signed: Signed): Promise<StoredFile> {
      assertSigned(['file', id], signed)
      const holder = await uploads.holderOf(id)
      if (holder?.isActive !== true) throw new AppError(CardErrors.NOT_FOUND)
      return files.files.find(holder.accountId, id).catch((cause: unknown) => {
        throw cause instanceof AppError ? new AppError(CardErrors.NOT_FOUND, { cause }) : cause
      })
    },

    /** Gives up uploads that have become no card within a day. @returns How many. */
    async sweep(signal?: AbortSignal): Promise<number> {
      let given = 0
      for (;;) {
        const due = await uploads.older(nowMs() - KEPT_MS, SWEEP_BATCH)
        for (const { id, account_id } of due) {
          signal?.throwIfAborted()
          await database.transaction(async (tx) => {
            const repo = uploadRepo(tx)
            const upload = await repo.findOwn(account_id, id)
            if (upload === undefined || !(await repo.delete(id))) return
            if (upload.file_id !== null) await repo.release(account_id, upload.file_id)
            given += 1
          })
        }
        if (due.length < SWEEP_BATCH) return given
      }
    },
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const toEtag = (sha256: string): string => `"${sha256}"`

const conflict = (message: string): AppError => new AppError(UploadConflict.CONFLICT, { message })

/** All that an upload address is good for: nobody can send other bytes, or more, or to somebody else. */
const signedParts = ({
  id,
  account_id,
  size_bytes,
  mime_type,
}: Pick<StoredUpload, 'id' | 'account_id' | 'size_bytes' | 'mime_type'>) => [
  'upload',
  id,
  account_id,
  size_bytes,
  mime_type,
]

const assertTextFits = (fileName: string, sizeBytes: number): void => {
  if (isMarkdown(fileName) && sizeBytes > MAX_CONTENT_BYTES) throw new AppError(CardErrors.CONTENT_TOO_LARGE)
}

// No column of text takes this character.
const cleanText = (text: string): string => {
  if (text.includes('\0')) throw new AppError(AttachmentErrors.INVALID_UTF8)
  return text
}

const assertAsAnnounced = (upload: StoredUpload, type: string | undefined, length: string | undefined): void => {
  const [mimeType = ''] = (type ?? '').split(';', 1)
  if (mimeType.trim().toLowerCase() !== upload.mime_type)
    throw new AppError(AttachmentErrors.TYPE_MISMATCH, { message: `Send the file as ${upload.mime_type}.` })
  if (length === undefined) return
  if (Number(length) > upload.size_bytes) throw new AppError(AttachmentErrors.FILE_TOO_LARGE)
  if (Number(length) < upload.size_bytes) throw conflict('The body is shorter than the announced fileSize.')
}

const asTooLarge = (error: unknown): never => {
  const isOver = error instanceof AppError && error.status === 413
  throw isOver ? new AppError(AttachmentErrors.FILE_TOO_LARGE, { cause: error }) : error
}
