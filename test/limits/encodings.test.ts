import assert from 'node:assert/strict'
import { it } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { testApp } from '../app.ts'
import { type Call, send } from '../requests.ts'

const PATHS = ['/api/auth/sign-in', '/api/apikeys', '/v1/cards', '/v2/create-bot']
const ENCODERS = {
  gzip: gzipSync,
  'x-gzip': gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  'gzip, gzip': gzipSync,
}

it('takes no compressed JSON, so that nothing can unfold in memory', async () => {
  const app = await testApp('sqlite', {})
  const ada = await app.account()
  const cookie = await ada.signIn()
  // 16 MiB of spaces: a few KB on the wire.
  const bomb = Buffer.from(JSON.stringify({ name: ' '.repeat(16 * 1024 * 1024) }))
  const heapBefore = process.memoryUsage().arrayBuffers

  const answers = []
  for (const [encoding, encode] of Object.entries(ENCODERS)) {
    const body = encode(bomb)
    for (const path of PATHS) {
      const credentials: Record<string, string> =
        path === '/api/apikeys' ? { cookie } : { authorization: `Bearer ${ada.key}` }
      const headers = { ...credentials, 'content-type': 'application/json', 'content-encoding': encoding }
      const call: Call = { method: 'POST', path, headers: { ...headers, 'content-length': String(body.length) }, body }
      answers.push({ path, encoding, status: (await send(app.url, call)).status })
    }
  }

  assert.deepEqual(
    answers.filter(({ status }) => status !== 415),
    [],
  )
  assert.ok(process.memoryUsage().arrayBuffers - heapBefore < 16 * 1024 * 1024)
})

it('takes JSON that says it is not encoded', async () => {
  const app = await testApp('sqlite', {})
  const ada = await app.account()

  const answer = await ada.fetch('/v1/cards', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-encoding': 'identity' },
    body: JSON.stringify({ content: 'plain' }),
  })

  assert.equal(answer.status, 200)
})
