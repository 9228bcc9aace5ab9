import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { listRuns } from '../runs/contract.ts'
import { simulatedBot } from '../v2.fixture.ts'
import { clearBotErrors, listBotErrors, resolveBotError } from './contract.ts'

interface Seen {
  readonly event: string
  readonly id: string | undefined
  readonly data: { readonly [name: string]: unknown }
}

const parse = (text: string): Seen[] =>
  text
    .split('\n\n')
    .filter((block) => block.includes('data: '))
    .map((block) => ({
      event: /^event: (.*)$/m.exec(block)?.[1] ?? '',
      id: /^id: (.*)$/m.exec(block)?.[1],
      data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? 'null'),
    }))

/** Follows a bot until the test is over. */
const follow = async (t: TestContext, account: TestAccount, botid: string, headers: Record<string, string> = {}) => {
  const stopping = new AbortController()
  t.after(() => stopping.abort())
  const response = await account.fetch(`/v2/bots/${botid}/log`, { headers, signal: stopping.signal })
  assert.match(response.headers.get('content-type') ?? '', /text\/event-stream/)
  let text = ''
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder()
    for await (const piece of response.body ?? []) text += decoder.decode(piece, { stream: true })
  }
  const ended = read().catch(() => undefined)
  await eventually(() => assert.match(text, /connected/))
  return { seen: () => parse(text), ended, stop: () => stopping.abort() }
}

for (const dialect of dialects) {
  describe(`the live log (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('tells of runs and calls as they happen, and goes on where a reader was', async (t) => {
      const ada = await app.account()
      const bot = await simulatedBot(ada, { '/a': 'print("p")\nbot.sendMessage("x")', '/bad': '1/0' })
      await bot.say('/a')
      // Where Python takes long to start the answer comes without the run, and its calls would be seen below.
      await eventually(async () =>
        assert.equal((await ada.call(listRuns, { params: bot.params })).result.runs.length, 1),
      )
      const live = await follow(t, ada, bot.botid)

      await bot.say('/a')
      await bot.say('/bad')
      await eventually(() => assert.equal(live.seen().filter(({ event }) => event === 'run').length, 2))

      const [begin, call, run] = live.seen()
      assert.deepEqual([begin?.event, begin?.data.command, begin?.id], ['begin', '/a', undefined])
      assert.deepEqual([call?.event, call?.data.method, call?.id], ['call', 'sendMessage', undefined])
      assert.deepEqual([run?.event, run?.data.prints, run?.id], ['run', ['p'], run?.data.id])
      live.stop()
      await bot.say('/a')
      const again = await follow(t, ada, bot.botid, { 'last-event-id': run?.id ?? '' })
      await eventually(() =>
        assert.deepEqual(
          again.seen().map(({ event, data }) => [event, data.command]),
          [
            ['run', '/bad'],
            ['run', '/a'],
          ],
        ),
      )
      const { runs } = (await ada.call(listRuns, { params: bot.params })).result
      assert.deepEqual(
        again.seen().map(({ id }) => id),
        runs
          .slice(0, 2)
          .map(({ id }) => id)
          .reverse(),
      )
    })

    it('is for the account of the bot only', async () => {
      const bot = await simulatedBot(await app.account())
      const eve = await app.account()

      assert.equal((await eve.fetch(`/v2/bots/${bot.botid}/log`)).status, 404)
    })

    it('groups errors by command, line and type, until they are resolved or forgotten', async () => {
      const ada = await app.account()
      const bot = await simulatedBot(ada, { '/bad': 'x = msg\nint(x)', '/worse': 'y' })
      for (const text of ['/bad', '/bad', '/worse', '/bad']) await bot.say(text)
      const errors = async (state: 'open' | 'resolved' = 'open') =>
        (await ada.call(listBotErrors, { params: bot.params, query: { state } })).result.errors

      const found = await eventually(async () => {
        const all = await errors()
        assert.deepEqual(
          all.map(({ command, line, type, count }) => [command, line, type, count]),
          [
            ['/bad', 2, 'ValueError', 3],
            ['/worse', 1, 'NameError', 1],
          ],
        )
        return all
      })
      await ada.call(resolveBotError, { params: { ...bot.params, errorid: found[0]?.id ?? '' } })
      assert.deepEqual(
        (await errors()).map(({ command }) => command),
        ['/worse'],
      )
      assert.deepEqual(
        (await errors('resolved')).map(({ command, resolved }) => [command, resolved]),
        [['/bad', true]],
      )
      await bot.say('/bad')
      await eventually(async () => assert.equal((await errors()).length, 2))

      const { result } = await ada.call(clearBotErrors, { params: bot.params })
      assert.deepEqual([result, await errors()], [{ cleared: 2 }, []])
    })
  })

  describe(`a server with followers (${dialect})`, () => {
    it('stops all the same', async (t) => {
      const app = await testApp(dialect, {})
      const ada = await app.account()
      const bot = await simulatedBot(ada)
      const live = await follow(t, ada, bot.botid)

      await app.stop()

      await live.ended
    })
  })
}
