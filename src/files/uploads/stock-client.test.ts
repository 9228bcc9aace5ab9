import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { Readable } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import { Upload, type UploadOptions } from 'tus-js-client'
import { type TestAccount, type TestApp, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { listFiles } from '../files/contract.ts'
import { bytesOf, contentOf, sha256, someBytes } from '../files/testing.ts'
import { listUploads } from './contract.ts'
import { UPLOADS } from './testing.ts'

const MIB = 1024 * 1024

/** Uploads to the end. @returns Where it was uploaded to. */
const upload = (url: string, ada: TestAccount, source: Buffer | Readable, options: UploadOptions): Promise<string> =>
  new Promise((resolve, reject) => {
    const sending = new Upload(source, {
      endpoint: new URL(UPLOADS, url).href,
      headers: { Authorization: `Bearer ${ada.key}` },
      retryDelays: [0, 100, 1000, 2000, 4000],
      metadata: { filename: 'stock.bin' },
      ...options,
      onError: reject,
      onSuccess: () => resolve(sending.url ?? ''),
    })
    sending.start()
  })

/** A way to the server that is cut after so many bytes, once for each number. */
const cuttingProxy = async (t: TestContext, app: TestApp, cuts: number[]): Promise<string> => {
  const { hostname, port } = new URL(app.url)
  const proxy = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming
    const passed = request({ hostname, port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    const cutAt = method === 'PATCH' ? cuts.shift() : undefined
    let seen = 0
    incoming.on('data', (piece: Buffer) => {
      seen += piece.length
      if (cutAt === undefined || seen < cutAt) return
      incoming.socket.destroy()
      passed.destroy()
    })
    passed.on('error', () => outgoing.destroy())
    incoming.pipe(passed)
  }).listen(0, '127.0.0.1')
  t.after(() => proxy.closeAllConnections())
  t.after(() => proxy.close())
  await once(proxy, 'listening')
  const address = proxy.address()
  assert.ok(address !== null && typeof address === 'object')
  return `http://127.0.0.1:${address.port}`
}

for (const dialect of dialects) {
  describe(`tus-js-client (${dialect})`, async () => {
    const app = await testApp(dialect)

    const assertOneFile = async (ada: TestAccount, bytes: Buffer) => {
      const { files } = await ada.call(listFiles)
      assert.deepEqual(
        files.map(({ file_name, sha256: hash }) => [file_name, hash]),
        [['stock.bin', sha256(bytes).toString('hex')]],
      )
      assert.ok((await bytesOf(await contentOf(ada, files[0]?.id ?? ''))).equals(bytes))
      assert.deepEqual((await ada.call(listUploads)).uploads, [])
    }

    const WAYS: Record<string, UploadOptions> = {
      'in one request': {},
      'with the bytes in the first request': { uploadDataDuringCreation: true },
      'in requests of a megabyte': { chunkSize: MIB },
      'in parallel parts': { parallelUploads: 3 },
    }
    for (const [way, options] of Object.entries(WAYS))
      it(`uploads ${way}`, async () => {
        const ada = await app.account()
        const bytes = someBytes(3 * MIB + 17)

        await upload(app.url, ada, bytes, options)

        await assertOneFile(ada, bytes)
      })

    it('uploads nothing, as a file', async () => {
      const ada = await app.account()

      await upload(app.url, ada, Buffer.alloc(0), {})

      await assertOneFile(ada, Buffer.alloc(0))
    })

    it('uploads a stream whose length nobody knows', async () => {
      const ada = await app.account()
      const bytes = someBytes(2 * MIB + 5)
      const source = Readable.from([bytes.subarray(0, MIB), bytes.subarray(MIB)], { objectMode: false })

      await upload(app.url, ada, source, { uploadLengthDeferred: true, chunkSize: 700_000 })

      await assertOneFile(ada, bytes)
    })

    it('gets through a network that cuts every connection', async (t) => {
      const ada = await app.account()
      const bytes = someBytes(3 * MIB)
      const url = await cuttingProxy(t, app, [100_000, 1, MIB, 300_000])

      await upload(url, ada, bytes, {})

      await assertOneFile(ada, bytes)
    })

    it('goes on with an upload that another one began', async () => {
      const ada = await app.account()
      const bytes = someBytes(2 * MIB)
      const first = await new Promise<string>((resolve, reject) => {
        const sending = new Upload(bytes, {
          endpoint: new URL(UPLOADS, app.url).href,
          headers: { Authorization: `Bearer ${ada.key}` },
          metadata: { filename: 'stock.bin' },
          chunkSize: MIB,
          onError: reject,
          onChunkComplete: () => {
            sending.abort().then(() => resolve(sending.url ?? ''), reject)
          },
        })
        sending.start()
      })

      await upload(app.url, ada, bytes, { uploadUrl: first })

      await assertOneFile(ada, bytes)
    })
  })
}
