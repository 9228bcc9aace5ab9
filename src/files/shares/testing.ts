import { z } from 'zod'
import type { TestAccount, TestApp } from '../../../test/app.ts'
import { type Clock, systemClock } from '../../platform/clock.ts'
import { jsonOf, putFile } from '../files/testing.ts'
import { Share } from './contract.ts'

/** What browsers say that they take. */
export const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'user-agent': 'Mozilla/5.0' }

export const post = (ada: TestAccount, path: string, body: unknown, method = 'POST'): Promise<Response> =>
  ada.fetch(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

const shareOf = async (response: Response): Promise<Share> => {
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return Share.parse(await response.json())
}

export const share = async (ada: TestAccount, fileId: string, wish: object = {}): Promise<Share> =>
  shareOf(await post(ada, `/api/v1/files/${fileId}/share`, wish))

export const shareFolder = async (ada: TestAccount, folderId: string, wish: object = {}): Promise<Share> =>
  shareOf(await post(ada, `/api/v1/folders/${folderId}/share`, wish))

export const requestFiles = async (ada: TestAccount, folderId: string, wish: object = {}): Promise<Share> =>
  shareOf(await post(ada, `/api/v1/folders/${folderId}/request`, wish))

export const change = async (ada: TestAccount, id: string, wish: object): Promise<Share> =>
  shareOf(await post(ada, `/api/v1/shares/${id}`, wish, 'PATCH'))

/** A new file and a link to it. */
export const sharedFile = async (ada: TestAccount, name: string, content: string | Buffer, wish: object = {}) => {
  const file = await putFile(ada, name, content)
  return { file, link: await share(ada, file.id, wish) }
}

export const newFolder = async (ada: TestAccount, name: string, parentId?: string): Promise<string> => {
  const response = await post(ada, '/api/v1/folders', {
    name,
    ...(parentId === undefined ? {} : { parent_id: parentId }),
  })
  return z.object({ id: z.string() }).parse(await jsonOf(response)).id
}

/** Uploads into a folder. */
export const putInto = async (ada: TestAccount, folderId: string, name: string, content: string): Promise<string> => {
  const path = `/api/v1/files/content?name=${encodeURIComponent(name)}&folder_id=${folderId}`
  const response = await ada.fetch(path, { method: 'PUT', body: content })
  return z.object({ id: z.string() }).parse(await jsonOf(response)).id
}

/** A form with these files, as a browser sends it. */
export const formOf = (files: Readonly<Record<string, string | Buffer>>): FormData => {
  const form = new FormData()
  for (const [name, content] of Object.entries(files)) form.append('files', new Blob([Buffer.from(content)]), name)
  return form
}

export const bring = (app: TestApp, token: string, files: Record<string, string | Buffer>, headers = {}) =>
  app.fetch(`/s/${token}/files`, { method: 'POST', body: formOf(files), headers })

/** Cookies of an answer, for the next request. */
export const cookiesOf = (response: Response): string =>
  response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')

/** A clock that can be moved on. */
export const movingClock = (): Clock & { advance(ms: number): void } => {
  let aheadMs = 0
  return {
    now: () => new Date(systemClock.now().getTime() + aheadMs),
    monotonicMs: () => systemClock.monotonicMs() + aheadMs,
    advance(ms) {
      aheadMs += ms
    },
  }
}
