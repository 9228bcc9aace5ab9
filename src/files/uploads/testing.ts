import { createHash } from 'node:crypto'
import type { TestAccount, TestApp } from '../../../test/app.ts'
import { slowRequest } from '../files/testing.ts'
import { OFFSET_TYPE } from './protocol.ts'

export const UPLOADS = '/api/v1/files/uploads'

type Headers = Record<string, string>

/** `Upload-Metadata` of these pairs. */
export const metadataOf = (pairs: Headers): string =>
  Object.entries(pairs)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(',')

/** An account that speaks tus, and nothing else: what a stock client would do, one request at a time. */
export const tusClient = (ada: Pick<TestAccount, 'fetch'>) => {
  const send = (method: string, path: string, headers: Headers, body?: Buffer) =>
    ada.fetch(path, {
      method,
      headers: { 'tus-resumable': '1.0.0', ...headers },
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
    })
  return {
    send,
    /** @returns The answer, and the address of the new upload. */
    async create(headers: Headers, body?: Buffer): Promise<{ response: Response; path: string }> {
      const type: Headers = body === undefined ? {} : { 'content-type': OFFSET_TYPE }
      const response = await send('POST', UPLOADS, { ...type, ...headers }, body)
      return { response, path: response.headers.get('location') ?? '' }
    },
    patch: (path: string, offset: number, body: Buffer, headers: Headers = {}) =>
      send('PATCH', path, { 'content-type': OFFSET_TYPE, 'upload-offset': String(offset), ...headers }, body),
    head: (path: string) => send('HEAD', path, {}),
    async offset(path: string): Promise<number> {
      return Number((await send('HEAD', path, {})).headers.get('upload-offset'))
    },
  }
}

export const checksumOf = (algorithm: 'sha256' | 'sha1', bytes: Buffer): Headers => ({
  'upload-checksum': `${algorithm} ${createHash(algorithm).update(bytes).digest('base64')}`,
})

/** A PATCH that is sent piece by piece, and perhaps never finished. */
export const slowPatch = (app: TestApp, ada: TestAccount, path: string, offset: number, lengthBytes: number) =>
  slowRequest(
    app,
    ada,
    path,
    {
      'tus-resumable': '1.0.0',
      'content-type': OFFSET_TYPE,
      'upload-offset': offset,
      'content-length': lengthBytes,
    },
    'PATCH',
  )
