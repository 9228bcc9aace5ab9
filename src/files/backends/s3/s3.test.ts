import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { type S3Server, startS3 } from '../../../../test/services/s3.ts'
import { systemClock } from '../../../platform/clock.ts'
import { randomBase62 } from '../../../platform/ids.ts'
import { backendConformance } from '../conformance.ts'
import { s3Client } from './client.ts'
import { openS3Backend, type S3BackendOptions } from './s3.ts'

const server: { started?: S3Server } = {}
before(async () => {
  server.started = await startS3()
})
after(() => server.started?.stop())

/** A bucket of the server, empty. */
const newBucket = async (): Promise<S3BackendOptions> => {
  if (server.started === undefined) throw new Error('The server has not started.')
  const { stop: _, ...place } = server.started
  const options = { ...place, bucket: `latchkey-${randomBase62(12).toLowerCase()}` }
  const client = clientOf(options)
  await client.call({ method: 'PUT', key: '' })
  client.close()
  return options
}

const clientOf = (options: S3BackendOptions) =>
  s3Client({
    ...options,
    forcePathStyle: true,
    clock: systemClock,
    timeouts: { connectMs: 10_000, idleMs: 30_000, totalMs: 60_000 },
    retries: { attempts: 3, baseMs: 10, maxMs: 100 },
    maxSockets: 8,
  })

backendConformance('s3', async () => {
  const backend = await openS3Backend({ ...(await newBucket()), prefix: 'files/' })
  return {
    backend,
    unknownLocator: 'chunk_none',
    invalidLocators: ['', '.', '..', 'a/b', '../a', 'a.b', 'a\0', 'a?b', 'a%2fb', '<Key>', 'x'.repeat(129)],
    close: async () => backend.close(),
  }
})

describe('s3 backend, on a server that checks what it gets', () => {
  const open = async (t: TestContext, options: S3BackendOptions) => {
    const backend = await openS3Backend(options)
    t.after(() => backend.close())
    return backend
  }

  it('stores a chunk of 16 MiB and gives it back', async (t) => {
    const backend = await open(t, await newBucket())
    const bytes = Buffer.alloc(16 * 1024 * 1024, 'chunk')

    const locator = await backend.put('chunk_1', oneOf(bytes), bytes.length)

    const pieces: Buffer[] = await Array.fromAsync(await backend.get(locator, 0, bytes.length - 1))
    assert.ok(Buffer.concat(pieces).equals(bytes))
  })

  it('shows nothing of the bucket that is not below its prefix, or deeper', async (t) => {
    const options = await newBucket()
    const client = clientOf(options)
    t.after(() => client.close())
    const [mine, other] = [await open(t, { ...options, prefix: 'a/' }), await open(t, { ...options, prefix: 'b/' })]
    await mine.put('chunk_1', oneOf(Buffer.from('mine')), 4)
    await other.put('chunk_2', oneOf(Buffer.from('other')), 5)
    for (const key of ['chunk_3', 'a/deep/chunk_4', 'a/no.name'])
      await client.call({ method: 'PUT', key, body: Buffer.from('x') })

    const listed = await Array.fromAsync(mine.list?.() ?? [])

    assert.deepEqual(
      listed.map(({ locator }) => locator),
      ['chunk_1'],
    )
    assert.equal(await mine.stat('chunk_2'), undefined)
  })

  it('turns over all pages of a list', async (t) => {
    const options = await newBucket()
    const client = clientOf(options)
    t.after(() => client.close())
    for (const key of ['a', 'b', 'c']) await client.call({ method: 'PUT', key, body: Buffer.from(key) })

    const query = { 'list-type': '2', 'max-keys': '2' }
    const { text } = await client.call({ method: 'GET', key: '', query })
    const token = /<NextContinuationToken>(.*)<\/NextContinuationToken>/.exec(text)?.[1] ?? ''
    const rest = await client.call({ method: 'GET', key: '', query: { ...query, 'continuation-token': token } })

    assert.match(rest.text, /<Key>c<\/Key>/)
  })

  it('says which setting to look at if it may not start', async () => {
    const options = await newBucket()
    const wrong = [
      [{ secretAccessKey: 'wrong-secret' }, /SignatureDoesNotMatch.*LATCHKEY_S3_SECRET_ACCESS_KEY/],
      [{ accessKeyId: 'test:stranger' }, /LATCHKEY_S3_(ACCESS_KEY_ID|SECRET_ACCESS_KEY)/],
      [{ region: 'elsewhere-1' }, /LATCHKEY_S3_REGION/],
      [{ bucket: 'no-such-bucket' }, /NoSuchBucket.*LATCHKEY_S3_BUCKET/],
    ] as const

    for (const [change, expected] of wrong) {
      const opening = openS3Backend({ ...options, ...change })

      await assert.rejects(opening, (error: Error) => {
        assert.match(error.message, expected)
        assert.doesNotMatch(JSON.stringify([error.message, `${error.cause}`, error.stack]), /wrong-secret|Signature=/)
        return true
      })
    }
  })
})

async function* oneOf(bytes: Buffer): AsyncIterable<Buffer> {
  yield bytes
}
