import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { describe, it, type TestContext } from 'node:test'
import { readSettings } from '../../../platform/config/index.ts'
import { bucketAddress } from './address.ts'
import { parseDeleteResult, parseErrorDocument, parseListPage } from './answers.ts'
import { openS3Backend, type S3BackendOptions } from './s3.ts'
import { s3BackendOptions } from './settings.ts'

const SECRET = 'secret-of-the-bucket'
const EMPTY_LIST = '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>'

type Handler = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void

/** A server that answers the list at the start, and all else as the test says; `requests` leaves the list out. */
const fake = async (t: TestContext, handler: Handler, options: Partial<S3BackendOptions> = {}) => {
  const requests: { method: string; url: string; headers: IncomingMessage['headers']; body: Buffer }[] = []
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request
    const body = Buffer.concat(await Array.fromAsync(request))
    if (requests.length === 0 && url.includes('max-keys=1')) return void response.end(EMPTY_LIST)
    requests.push({ method, url, headers, body })
    handler(request, response, body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const backend = await openS3Backend({
    endpoint: `http://127.0.0.1:${address.port}`,
    bucket: 'bucket',
    region: 'test-1',
    accessKeyId: 'key',
    secretAccessKey: SECRET,
    retries: { attempts: 3, baseMs: 1, maxMs: 2 },
    ...options,
  })
  t.after(() => backend.close())
  return { backend, requests }
}

const fail = (response: ServerResponse, status: number, code: string, message = ''): void =>
  void response.writeHead(status).end(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`)

const BYTES = Buffer.alloc(300_000, 'abcdefg')

async function* source(bytes = BYTES): AsyncIterable<Buffer> {
  yield bytes
}

const read = async (backend: Awaited<ReturnType<typeof openS3Backend>>) =>
  Buffer.concat(await Array.fromAsync(await backend.get('a', 0, BYTES.length - 1)))

/** Sends the range that was asked for, cut off after `bytes`. */
const sendRange = ({ headers }: IncomingMessage, response: ServerResponse, bytes = Infinity): void => {
  const [, from = '', to = ''] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? []
  const part = BYTES.subarray(Number(from), Number(to) + 1)
  response.writeHead(206, {
    'content-length': part.length,
    'content-range': `bytes ${from}-${to}/${BYTES.length}`,
  })
  if (bytes >= part.length) response.end(part)
  else response.write(part.subarray(0, bytes), () => response.destroy())
}

describe('s3 put', () => {
  it('sends the exact length and the SHA-256, for the signature and to be kept', async (t) => {
    const { backend, requests } = await fake(t, (_, response) => void response.end(), { sessionToken: 'session' })

    await backend.put('a', source(), BYTES.length)

    const [{ headers, body, method, url } = assert.fail()] = requests
    const sha256 = createHash('sha256').update(BYTES)
    assert.deepEqual([method, url, headers['content-length']], ['PUT', '/bucket/a', String(BYTES.length)])
    assert.equal(headers['x-amz-checksum-sha256'], sha256.copy().digest('base64'))
    assert.equal(headers['x-amz-content-sha256'], sha256.digest('hex'))
    assert.equal(headers['x-amz-security-token'], 'session')
    assert.match(
      headers.authorization ?? '',
      /x-amz-checksum-sha256;x-amz-content-sha256;x-amz-date;x-amz-security-token/,
    )
    assert.ok(body.equals(BYTES))
  })

  it('leaves the checksum out for good once an endpoint has refused it', async (t) => {
    const { backend, requests } = await fake(t, ({ headers }, response) => {
      if ('x-amz-checksum-sha256' in headers) fail(response, 501, 'NotImplemented')
      else response.end()
    })

    await backend.put('a', source(), BYTES.length)
    await backend.put('b', source(), BYTES.length)

    assert.deepEqual(
      requests.map(({ url, headers }) => [url, 'x-amz-checksum-sha256' in headers]),
      [
        ['/bucket/a', true],
        ['/bucket/a', false],
        ['/bucket/b', false],
      ],
    )
  })

  for (const [what, refuse] of Object.entries<(response: ServerResponse) => void>({
    'a storage that is too busy': (response) => fail(response, 503, 'SlowDown'),
    'bytes that changed on the way': (response) => fail(response, 400, 'BadDigest'),
    'a connection that is cut': (response) => void response.destroy(),
  })) {
    it(`sends all bytes again after ${what}`, async (t) => {
      const { backend, requests } = await fake(t, (_, response) => {
        if (requests.length < 3) refuse(response)
        else response.end()
      })

      await backend.put('a', source(), BYTES.length)

      assert.equal(requests.length, 3)
      assert.ok(requests.every(({ body }) => body.equals(BYTES)))
    })
  }

  it('gives up after some tries, and tells the caller when to come back', async (t) => {
    const { backend, requests } = await fake(t, (_, response) => fail(response, 503, 'SlowDown'))

    await assert.rejects(backend.put('a', source(), BYTES.length), {
      code: 'BACKEND_UNAVAILABLE',
      retryAfterSeconds: 10,
    })

    assert.equal(requests.length, 3)
  })

  it('takes a quota that is used up for a full disk, and does not try again', async (t) => {
    const { backend, requests } = await fake(t, (_, response) => fail(response, 403, 'QuotaExceeded'))

    await assert.rejects(backend.put('a', source(), BYTES.length), { code: 'DISK_FULL' })

    assert.equal(requests.length, 1)
  })

  it('names the setting and never the secret if the endpoint refuses it', async (t) => {
    const { backend } = await fake(t, ({ headers }, response) =>
      fail(response, 403, 'SignatureDoesNotMatch', `${SECRET} ${headers.authorization}`),
    )

    await assert.rejects(backend.put('a', source(), BYTES.length), (error: Error) => {
      assert.match(`${error.cause}`, /HTTP 403, SignatureDoesNotMatch.*LATCHKEY_S3_SECRET_ACCESS_KEY/)
      assert.doesNotMatch(JSON.stringify([error, error.cause, error.stack, `${error.cause}`]), /secret-of|Signature=/)
      return true
    })
  })

  it('does not wait for ever for an answer', async (t) => {
    const timeouts = { idleMs: 50 }
    const { backend, requests } = await fake(t, () => {}, { timeouts, retries: { attempts: 2, baseMs: 1 } })

    await assert.rejects(backend.put('a', source(), BYTES.length), (error: Error) => {
      assert.match(`${error.cause}`, /did not answer in time/)
      return true
    })

    assert.equal(requests.length, 2)
  })
})

describe('s3 get', () => {
  it('asks for the rest when the connection is cut', async (t) => {
    const { backend, requests } = await fake(t, (request, response) => sendRange(request, response, 100_000))

    const bytes = await read(backend)

    assert.ok(bytes.equals(BYTES))
    assert.equal(requests[0]?.headers.range, 'bytes=0-299999')
    assert.ok(requests.length > 1)
  })

  it('fails, and does not just end, when the connection is cut each time', async (t) => {
    const { backend } = await fake(t, (request, response) => sendRange(request, response, 1000))

    await assert.rejects(read(backend), { code: 'BACKEND_UNAVAILABLE' })
  })

  it('fails when the bytes stand still', async (t) => {
    const stall: Handler = (_, response) => {
      response.writeHead(206, { 'content-range': 'bytes 0-299999/300000' }).write('abc')
    }
    const { backend } = await fake(t, stall, { timeouts: { idleMs: 30 } })

    await assert.rejects(read(backend), { code: 'BACKEND_UNAVAILABLE' })
  })

  it('refuses an answer that is not the range it asked for', async (t) => {
    const { backend } = await fake(t, (_, response) => void response.writeHead(200).end(BYTES))

    await assert.rejects(backend.get('a', 5, 9), { code: 'BACKEND_UNAVAILABLE' })
  })

  it('takes no object for lost while the bucket is gone', async (t) => {
    const { backend } = await fake(t, (_, response) => void response.writeHead(404).end())

    await assert.rejects(backend.stat('a'), { code: 'BACKEND_UNAVAILABLE' })
    await assert.rejects(backend.get('a', 0, 1), { code: 'BACKEND_UNAVAILABLE' })
  })
})

describe('s3 delete', () => {
  const locators = Array.from({ length: 1001 }, (_, index) => `chunk_${index}`)

  it('names at most a thousand objects in a request, with its MD5', async (t) => {
    const { backend, requests } = await fake(t, (_, response) => void response.end('<DeleteResult/>'))

    await backend.delete(locators)

    const [{ body, headers, url } = assert.fail(), second] = requests
    assert.equal(url, '/bucket?delete=')
    assert.equal(body.toString().match(/<Key>/g)?.length, 1000)
    assert.equal(headers['content-md5'], createHash('md5').update(body).digest('base64'))
    assert.deepEqual([second?.method, second?.url], ['DELETE', '/bucket/chunk_1000'])
  })

  it('deletes one by one where the endpoint knows no batch', async (t) => {
    const { backend, requests } = await fake(t, ({ method }, response) => {
      if (method === 'POST') fail(response, 501, 'NotImplemented')
      else response.writeHead(204).end()
    })

    await backend.delete(['a', 'b'])

    assert.deepEqual(
      requests.map(({ method, url }) => `${method} ${url}`),
      ['POST /bucket?delete=', 'DELETE /bucket/a', 'DELETE /bucket/b'],
    )
  })

  it('fails if an object of the batch could not be deleted', async (t) => {
    const answer = '<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code></Error></DeleteResult>'
    const { backend } = await fake(t, (_, response) => void response.end(answer))

    await assert.rejects(backend.delete(['a', 'b']), { code: 'BACKEND_UNAVAILABLE' })
  })
})

describe('s3 list', () => {
  it('goes on with the token of each page', async (t) => {
    const page = (key: string, more: string) =>
      `<ListBucketResult>${more}<Contents><Key>${key}</Key><Size>1</Size></Contents></ListBucketResult>`
    const more = '<IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b+/=</NextContinuationToken>'
    const { backend, requests } = await fake(t, (_, response) => {
      response.end(requests.length === 1 ? page('a', more) : page('b', ''))
    })

    const listed = await Array.fromAsync(backend.list?.() ?? [])

    assert.deepEqual(
      listed.map(({ locator }) => locator),
      ['a', 'b'],
    )
    assert.match(requests[1]?.url ?? '', /continuation-token=a%26b%2B%2F%3D/)
  })

  it('takes no page of something else for an empty list', async (t) => {
    const { backend } = await fake(t, (_, response) => void response.end('<html>Sign in to the network</html>'))

    await assert.rejects(Array.fromAsync(backend.list?.() ?? []), { code: 'BACKEND_UNAVAILABLE' })
  })

  it('refuses answers that leave something out', () => {
    assert.throws(() => parseListPage('<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>'))
    assert.throws(() => parseListPage('<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>'))
    assert.throws(() => parseDeleteResult(''))
    assert.deepEqual(parseErrorDocument('<Error><Code>a b</Code></Error>'), { code: undefined, message: '' })
  })
})

describe('s3 settings', () => {
  const env = {
    LATCHKEY_S3_ENDPOINT: 'https://s3.example.org/',
    LATCHKEY_S3_BUCKET: 'bucket',
    LATCHKEY_S3_ACCESS_KEY_ID: 'key',
    LATCHKEY_S3_SECRET_ACCESS_KEY: SECRET,
  }

  it('are all there or none', () => {
    const { LATCHKEY_S3_BUCKET: _, ...part } = env

    assert.equal(s3BackendOptions(readSettings({})), undefined)
    assert.equal(s3BackendOptions(readSettings(env))?.prefix, 'latchkey/')
    assert.throws(() => s3BackendOptions(readSettings(part)), /LATCHKEY_S3_BUCKET is needed/)
  })

  it('put the bucket into the path or in front of the host', () => {
    const at = (endpoint: string, forcePathStyle: boolean) =>
      bucketAddress({ endpoint, bucket: 'b', forcePathStyle }).urlOf('k').href

    assert.equal(at('https://s3.example.org/base/', true), 'https://s3.example.org/base/b/k')
    assert.equal(at('http://s3.example.org:9000', false), 'http://b.s3.example.org:9000/k')
    assert.throws(() => at('https://me:pass@s3.example.org', true), RangeError)
  })
})
