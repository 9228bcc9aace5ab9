import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { runner, testEngine, until } from './testing.ts'

describe('Pyodide, whose processes are few', () => {
  const engine = testEngine({ maxWorkers: 2, memoryBudgetBytes: 4 * 200 * 1024 * 1024 })
  const run = runner(engine)
  before(() => engine.ready())
  after(() => engine.close())

  it('keeps a place for quick commands while 20 others wait', async () => {
    const { promise: answer, resolve: open } = Promise.withResolvers<null>()
    let asked = 0
    const host = () => {
      asked += 1
      return answer
    }
    await run("print('known')", { botId: 'quick' })

    const slow = Array.from({ length: 20 }, (_, index) => run("bot.sendMessage('x')", { botId: `slow ${index}`, host }))
    // Two on their places, and a third because those do nothing but wait.
    await until(() => asked === 3)
    const quick = [await run("print('first')", { botId: 'quick' }), await run("print('second')", { botId: 'quick' })]
    const { waiting } = engine.stats()
    open(null)
    const outcomes = (await Promise.all(slow)).map(({ outcome }) => outcome)

    assert.deepEqual([quick.map(({ prints }) => prints), asked], [['first\n', 'second\n'], 20])
    assert.equal(waiting, 17)
    assert.deepEqual([...new Set(outcomes)], ['ok'])
  })
})
