import { createHash } from 'node:crypto'
import type { Db } from '../../platform/db/index.ts'
import { documentKindOf, isPicture, type OpenFile } from '../processing/attachments.ts'
import { previewRepo } from '../processing/previews.ts'
import { readBody } from '../processing/reading.ts'
import { processingRepo, type Subject } from '../processing/repo.ts'
import type { AiEndpoint, Said } from './endpoint.ts'
import type { AiResults } from './results.ts'
import type { AiOptions } from './settings.ts'
import { excerptOf, INSTRUCTIONS, parseInsight, toTranscript } from './words.ts'

// Below this there is nothing to say of a text that it does not say itself.
const LEAST_LETTERS = 20
const MAX_PICTURE_BYTES = 4 * 1024 * 1024
// What the published API takes.
const MAX_RECORDING_BYTES = 25 * 1024 * 1024

/** What a model can do for a card. */
export type Task = 'read' | 'look' | 'listen'

/** @returns Undefined for cards of which models are not asked. */
export const taskOf = (subject: Subject, models: AiOptions): Task | undefined => {
  const { fileId, mimeType, type } = subject
  if (subject.isTrashed || type === 'palette') return undefined
  if (fileId === null) return models.model === undefined ? undefined : 'read'
  if (isPicture(subject)) return models.visionModel === undefined ? undefined : 'look'
  if (/^(?:audio|video)\//.test(mimeType ?? '') || type === 'audio' || type === 'video')
    return models.transcriptionModel === undefined ? undefined : 'listen'
  return documentKindOf(subject) === undefined || models.model === undefined ? undefined : 'read'
}

/** What of a card decides about the result. @param processed The state of what the server finds out by itself. */
export const fingerprintOf = (subject: Subject, processed: string): string =>
  createHash('sha256')
    .update(JSON.stringify([subject.type, subject.url, subject.fileId, subject.content, processed]))
    .digest('base64url')

export interface ReaderParts {
  readonly db: Db
  readonly models: AiOptions
  readonly endpoint: AiEndpoint
  readonly openFile: OpenFile
}

/** Shows cards to models. */
export const aiReader = ({ db, models, endpoint, openFile }: ReaderParts) => {
  /** The small picture, or else the file itself where it is small enough. */
  const pictureOf = async (subject: Subject, signal: AbortSignal): Promise<Said | undefined> => {
    const known = await db
      .selectFrom('card_previews')
      .select('id')
      .where('card_number', '=', subject.number)
      .where('kind', '=', 'thumbnail')
      .executeTakeFirst()
    const preview = known === undefined ? undefined : await previewRepo(db).find(known.id)
    const picture = preview ?? (await ownPicture(subject, signal))
    if (picture === undefined) return undefined
    const url = `data:${picture.mediaType};base64,${picture.bytes.toString('base64')}`
    return { type: 'image_url', image_url: { url } }
  }

  const ownPicture = async (subject: Subject, signal: AbortSignal) => {
    const mediaType = subject.mimeType ?? ''
    if (!/^image\/(?:png|jpeg|gif|webp)$/.test(mediaType)) return undefined
    const bytes = await bytesOf(subject, MAX_PICTURE_BYTES, signal)
    return bytes === undefined ? undefined : { mediaType, bytes }
  }

  const bytesOf = async ({ accountId, fileId }: Subject, maxBytes: number, signal: AbortSignal) => {
    const file = fileId === null ? undefined : await openFile(accountId, fileId)
    if (file === undefined || file.sizeBytes > maxBytes) return undefined
    return readBody(await file.open(signal), { maxBytes, cuts: false, signal })
  }

  const listen = async (subject: Subject, signal: AbortSignal): Promise<string | null> => {
    const bytes = await bytesOf(subject, MAX_RECORDING_BYTES, signal)
    if (bytes === undefined || models.transcriptionModel === undefined) return null
    const recording = { name: subject.fileName ?? 'recording', mimeType: subject.mimeType ?? '', bytes }
    return toTranscript(await endpoint.transcribe(models.transcriptionModel, recording, signal))
  }

  const textOf = async ({ number }: Subject): Promise<string> => {
    const row = await db
      .selectFrom('card_texts')
      .select('extracted')
      .where('card_number', '=', number)
      .executeTakeFirst()
    return row?.extracted ?? ''
  }

  return {
    /** @throws {AppError} Of `AiErrors`, and what reading the file fails with */
    async read(subject: Subject, task: Task, signal: AbortSignal): Promise<AiResults> {
      const transcript = task === 'listen' ? await listen(subject, signal) : null
      const picture = task === 'look' ? await pictureOf(subject, signal) : undefined
      const { content, title, fileName, url } = subject
      const text = [content, transcript ?? (await textOf(subject))].filter((part) => part !== '').join('\n\n')
      const model = picture === undefined ? models.model : models.visionModel
      const letters = `${title ?? ''}${text}`.match(/\p{L}/gu)?.length ?? 0
      if (model === undefined || (picture === undefined && letters < LEAST_LETTERS))
        return { tags: [], summary: null, transcript }
      const note = JSON.stringify({ title: title ?? fileName, url, text: excerptOf(text) })
      const said: Said[] = [{ type: 'text', text: note }, ...(picture === undefined ? [] : [picture])]
      const answer = await endpoint.chat(model, INSTRUCTIONS, said, signal)
      const own = await db.selectFrom('card_tags').select('name').where('card_number', '=', subject.number).execute()
      return {
        ...parseInsight(
          answer,
          own.map(({ name }) => name),
        ),
        transcript,
      }
    },
  }
}

/** What the server has found out about a card by itself; undefined while it is at it. */
export const processedState = async (db: Db, number: number): Promise<string | undefined> => {
  const row = await processingRepo(db).find(number)
  if (row === undefined) return ''
  return row.state === 'pending' ? undefined : `${row.fingerprint} ${row.state}`
}
