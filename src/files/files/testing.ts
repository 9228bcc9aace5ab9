import { createHash, randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { z } from 'zod'
import type { TestAccount, TestApp } from '../../../test/app.ts'
import { getStats } from '../stats/contract.ts'
import { File } from './contract.ts'

const Json = z.record(z.string(), z.unknown())

export const jsonOf = async (response: Response): Promise<Record<string, unknown>> => Json.parse(await response.json())

/** What a refusal says: its status and its code. */
export const refusalOf = async (response: Response): Promise<[number, unknown]> => [
  response.status,
  (await jsonOf(response)).code,
]

export const pathOf = (name: string): string => `/api/v1/files/content?name=${encodeURIComponent(name)}`

/** Sends bytes as the body of a request. */
export const putRaw = (
  ada: TestAccount,
  name: string,
  body: RequestInit['body'],
  headers: Record<string, string> = {},
) => ada.fetch(pathOf(name), { method: 'PUT', body: body ?? '', headers })

export const putFile = async (
  ada: TestAccount,
  name: string,
  body: RequestInit['body'],
  headers = {},
): Promise<File> => {
  const response = await putRaw(ada, name, body, headers)
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return File.parse(await response.json())
}

/** Sends a form with one file and text fields. */
export const postForm = (
  ada: TestAccount,
  name: string,
  content: string | Buffer,
  fields: Record<string, string> = {},
) => {
  const body = new FormData()
  for (const [field, value] of Object.entries(fields)) body.append(field, value)
  body.append('file', new Blob([Buffer.from(content)]), name)
  return ada.fetch('/api/v1/files', { method: 'POST', body })
}

export const contentOf = (ada: TestAccount, id: string, init?: RequestInit): Promise<Response> =>
  ada.fetch(`/api/v1/files/${id}/content`, init)

export const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer())

export const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest()

/** Bytes that no compression or coincidence makes equal. */
export const someBytes = (length: number): Buffer => randomBytes(length)

/** How many files the account has, by its list and by its statistics: never different. */
export const totalsOf = async (ada: TestAccount) => {
  const { totalFiles, totalSizeBytes } = await ada.call(getStats)
  return { totalFiles, totalSizeBytes }
}

/** Gives the account a plan of its own. */
export const limitPlan = async (
  app: TestApp,
  ada: TestAccount,
  limits: { maxBytes?: number; maxFileBytes?: number },
) => {
  const { db } = app.app.core.database
  const plan = await db.selectFrom('plans').selectAll().where('id', '=', 'selfhost').executeTakeFirstOrThrow()
  const id = `plan-of-${ada.id}`
  const { maxBytes = null, maxFileBytes = null } = limits
  await db
    .insertInto('plans')
    .values({ ...plan, id, max_bytes: maxBytes, max_file_bytes: maxFileBytes })
    .execute()
  await db.updateTable('accounts').set({ plan_id: id }).where('id', '=', ada.id).execute()
}

/** Every file under the folder of the bytes: objects, and what is being written. */
export const filesOnDisk = async (app: TestApp): Promise<string[]> => {
  const root = join(app.place.dataDir, 'files')
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

/** A request that is sent piece by piece, and perhaps never finished. */
export const slowRequest = (
  app: TestApp,
  ada: TestAccount,
  path: string,
  headers: Record<string, string | number>,
  method = 'PUT',
) => {
  const { hostname, port } = new URL(app.url)
  const sending = request({ hostname, port, path, method, headers: { authorization: `Bearer ${ada.key}`, ...headers } })
  const answered = new Promise<{ status: number; body: string }>((resolve, reject) => {
    sending.on('error', reject)
    sending.on('response', (response) => {
      let body = ''
      response.on('data', (piece: Buffer) => {
        body += piece.toString()
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      response.on('error', reject)
    })
  })
  answered.catch(() => {})
  return { sending, answered }
}
