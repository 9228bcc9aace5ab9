import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import { Redis as Client } from 'ioredis'
import { eventually } from './eventually.ts'
import { startRedis } from './redis.ts'

const clientOf = (t: TestContext, url: string): Client => {
  const client = new Client(url, { commandTimeout: 500 })
  client.on('error', () => {})
  t.after(() => client.disconnect())
  return client
}

it('answers PING', async (t) => {
  const redis = await startRedis()
  t.after(() => redis.stop())

  const reply = await clientOf(t, redis.url).ping()

  assert.equal(reply, 'PONG')
})

it('does not answer while it is paused', async (t) => {
  const redis = await startRedis({ own: true })
  t.after(() => redis.stop())
  const client = clientOf(t, redis.url)
  await client.ping()

  redis.pause()

  await assert.rejects(client.ping(), /timed out/)
  redis.resume()
  assert.equal(await eventually(() => client.ping()), 'PONG')
})

it('comes back empty at the same address after kill -9', async (t) => {
  const redis = await startRedis({ own: true })
  t.after(() => redis.stop())
  const client = clientOf(t, redis.url)
  await client.set('shelf', 'Recipes')

  await redis.kill()
  await redis.restart()

  assert.equal(await eventually(() => client.get('shelf')), null)
})

it('leaves no process when it is stopped, even while paused', async () => {
  const redis = await startRedis({ own: true })
  redis.pause()

  await redis.stop()

  assert.throws(() => process.kill(redis.pid() ?? 0, 0), { code: 'ESRCH' })
})

it('wants its password', async (t) => {
  const redis = await startRedis({ own: true })
  t.after(() => redis.stop())
  const stranger = new URL(redis.url)
  stranger.password = 'guess'

  await assert.rejects(clientOf(t, stranger.href).ping(), /WRONGPASS|NOAUTH/)
})
