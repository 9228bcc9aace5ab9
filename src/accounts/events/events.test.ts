import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'

const json = { 'content-type': 'application/json' }

const parse = (text: string): [string, readonly string[]][] =>
  text
    .split('\n\n')
    .filter((block) => block.includes('data: '))
    .map((block) => [
      /^event: (.*)$/m.exec(block)?.[1] ?? '',
      JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? '{}').areas,
    ])

/** Follows an account until the test is over. */
const follow = async (t: TestContext, open: (signal: AbortSignal) => Promise<Response>) => {
  const stopping = new AbortController()
  t.after(() => stopping.abort())
  const response = await open(stopping.signal)
  assert.match(response.headers.get('content-type') ?? '', /text\/event-stream/)
  let text = ''
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder()
    for await (const piece of response.body ?? []) text += decoder.decode(piece, { stream: true })
  }
  const ended = read().catch(() => undefined)
  await eventually(() => assert.match(text, /event: ready/))
  const changed = () => parse(text).flatMap(([event, areas]) => (event === 'change' ? areas : []))
  return { ready: () => parse(text)[0]?.[1], changed, ended, stop: () => stopping.abort() }
}

const byKey = (account: TestAccount) => (signal: AbortSignal) => account.fetch('/api/events', { signal })

for (const dialect of dialects) {
  describe(`events (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('name the area that changed, whoever changed it', async (t) => {
      const ada = await app.account()
      const live = await follow(t, byKey(ada))
      assert.deepEqual(live.ready(), ['files', 'bots', 'cards'])

      await ada.fetch('/v1/cards', { method: 'POST', headers: json, body: '{"content":"soup"}' })
      await eventually(() => assert.deepEqual(live.changed(), ['cards']))
      const form = new FormData()
      form.append('file', new Blob(['x']), 'x.txt')
      await ada.fetch('/api/v1/files', { method: 'POST', body: form })
      await eventually(() => assert.deepEqual(live.changed(), ['cards', 'files']))
      await ada.fetch('/v2/create-bot', { method: 'POST', headers: json, body: '{"simulated":true,"bot_name":"b"}' })
      await eventually(() => assert.ok(live.changed().includes('bots')))
    })

    it('tell a key only of what it may read, and a session of the account too', async (t) => {
      const ada = await app.account({ scopes: ['cards:read'] })
      const cookie = await ada.signIn()
      const key = await follow(t, byKey(ada))
      const session = await follow(t, (signal) => app.fetch('/api/events', { headers: { cookie }, signal }))

      assert.deepEqual(key.ready(), ['cards'])
      assert.deepEqual(session.ready(), ['files', 'bots', 'cards', 'account'])
      await app.fetch('/api/keys', {
        method: 'POST',
        headers: { ...json, cookie, origin: app.url },
        body: '{"kind":"files","name":"second"}',
      })
      await eventually(() => assert.deepEqual(session.changed(), ['account']))
      assert.deepEqual(key.changed(), [])
    })

    it('say nothing of what somebody else changed', async (t) => {
      const [ada, bob] = [await app.account(), await app.account()]
      const [hers, his] = [await follow(t, byKey(ada)), await follow(t, byKey(bob))]

      await bob.fetch('/v1/cards', { method: 'POST', headers: json, body: '{"content":"his"}' })

      await eventually(() => assert.deepEqual(his.changed(), ['cards']))
      assert.deepEqual(hers.changed(), [])
    })

    it('are followed by twenty at most, and there is room again when one leaves', async (t) => {
      const ada = await app.account()
      const first = await follow(t, byKey(ada))
      await Promise.all(Array.from({ length: 19 }, () => follow(t, byKey(ada))))

      const refused = await ada.fetch('/api/events')
      assert.equal(refused.status, 429)
      first.stop()

      await eventually(async () => {
        const stopping = new AbortController()
        const { status } = await ada.fetch('/api/events', { signal: stopping.signal })
        stopping.abort()
        assert.equal(status, 200)
      })
    })
  })

  describe(`a server whose events are followed (${dialect})`, () => {
    it('stops all the same', async (t) => {
      const app = await testApp(dialect, {})
      const live = await follow(t, byKey(await app.account()))

      await app.stop()

      await live.ended
    })
  })
}
