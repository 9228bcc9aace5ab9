import assert from 'node:assert/strict'
import { it } from 'node:test'
import { z } from 'zod'
import { testApp } from '../../../test/app.ts'
import { testPlace } from '../../../test/database.ts'
import { startRedis } from '../../../test/services/redis.ts'
import { askTokens, connect, refreshForm } from './testing.ts'

const Apps = z.object({ apps: z.array(z.looseObject({ id: z.string() })) })
const JSON_TYPE = { 'content-type': 'application/json' }

for (const shared of [true, false])
  it(`what is disconnected in one process fails in the other with its next request, ${shared ? 'with' : 'without'} Redis`, async (t) => {
    const place = await testPlace('postgres')
    const redis = shared ? await startRedis({ own: true }) : undefined
    const settings: Record<string, string> = redis === undefined ? {} : { REDIS_URL: redis.url }
    const [a, b] = [await testApp('postgres', { place, settings }), await testApp('postgres', { place, settings })]
    t.after(async () => {
      await a.stop()
      await b.stop()
      await redis?.stop()
      await place.remove()
    })
    const ada = await a.account()
    const cookie = await ada.signIn()
    const [one, two] = [await connect(a, ada), await connect(a, ada)]
    const use = async (token: string): Promise<number> =>
      (await b.fetch('/v1/cards', { headers: { authorization: `Bearer ${token}` } })).status
    assert.deepEqual([await use(one.access), await use(two.access)], [200, 200])

    const { apps } = Apps.parse(await (await a.fetch('/api/connected-apps', { headers: { cookie } })).json())
    await a.fetch(`/api/connected-apps/${apps[1]?.id}`, { method: 'DELETE', headers: { cookie, ...JSON_TYPE } })
    assert.deepEqual([await use(one.access), await use(two.access)], [401, 200])

    await askTokens(a, refreshForm(two.clientId, two.refresh))
    await askTokens(a, refreshForm(two.clientId, two.refresh))
    assert.equal(await use(two.access), 401)
  })
