import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { startBot, stopBot } from '../bots/contract.ts'
import { listRuns } from '../runs/contract.ts'
import { simulatedBot } from '../v2.fixture.ts'
import { cancelTask, createTask, listTasks } from './contract.ts'

const LATER = {
  '/later': 'task = Bot.runCommandAfter(0.3, "/due now", options={"n": 1})\nprint(task.id, task.timeout)',
  '/due': 'print("due", params, options and options["n"], u, chat_id, message)\nbot.sendMessage("due")',
}

for (const dialect of dialects) {
  describe(`timers (${dialect})`, async () => {
    const app = await testApp(dialect)
    const newBot = async (commands: Readonly<Record<string, string>> = LATER) => {
      const ada = await app.account()
      const bot = await simulatedBot(ada, commands)
      const runsOf = async (name: string) => {
        const { runs } = (await ada.call(listRuns, { params: bot.params })).result
        return runs.filter(({ command }) => command === name)
      }
      const tasks = async (state: 'waiting' | 'finished') =>
        (await ada.call(listTasks, { params: bot.params, query: { state } })).result.tasks
      return { ...bot, ada, runsOf, tasks }
    }

    it('run a command once, in the chat where they were set', async () => {
      const bot = await newBot()

      const set = await bot.say('/later')
      const [due] = await eventually(async () => {
        const runs = await bot.runsOf('/due')
        assert.equal(runs.length, 1)
        return runs
      })

      assert.equal(set.run?.error, null)
      assert.deepEqual(due?.prints, ['due now 1 1000001 1000001 None'])
      assert.deepEqual([due?.trigger, due?.update_id], ['timer', null])
      const [task] = await bot.tasks('finished')
      assert.deepEqual([task?.state, task?.run_id], ['done', due?.id])
      assert.deepEqual(await bot.tasks('waiting'), [])
    })

    it('run at a date and time, which is of UTC unless it says otherwise', async () => {
      const code = [
        'import datetime',
        'at = datetime.datetime(2030, 1, 2, 3, 4, 5)',
        'zone = datetime.timezone(datetime.timedelta(hours=2))',
        'for text in (at.isoformat(), str(at), at.replace(tzinfo=zone).isoformat()):',
        '    Bot.runCommandAfter(text, "/due")',
        'try:',
        '    Bot.runCommandAfter("soon", "/due")',
        'except ValueError as error:',
        '    print(error)',
      ]
      const soon = new Date(Date.now() + 30 * 86_400_000)
      const date = `${soon.getUTCFullYear()}, ${soon.getUTCMonth() + 1}, ${soon.getUTCDate()}`
      const bot = await newBot({ ...LATER, '/at': code.join('\n').replace('2030, 1, 2', date) })

      const played = await bot.say('/at')

      assert.equal(played.run?.error, null)
      assert.match(played.run?.prints[0] ?? '', /needs seconds, or a date and time/)
      const day = soon.toISOString().slice(0, 10)
      assert.deepEqual(
        (await bot.tasks('waiting')).map(({ run_at }) => run_at.slice(0, 19)),
        [`${day}T01:04:05`, `${day}T03:04:05`, `${day}T03:04:05`],
      )
    })

    it('are held while the bot is stopped, and run when it works again', async () => {
      const bot = await newBot()
      await bot.ada.call(stopBot, { params: bot.params })
      await bot.ada.call(createTask, { params: bot.params, body: { command: '/due', after_seconds: 0.1, user_id: 5 } })
      await eventually(async () => assert.equal((await bot.tasks('waiting'))[0]?.state, 'held'))

      await bot.ada.call(startBot, { params: bot.params })

      await eventually(async () => assert.equal((await bot.runsOf('/due')).length, 1))
      await eventually(async () => assert.deepEqual(await bot.tasks('waiting'), []))
    })

    it('can be cancelled, by a command and by the API', async () => {
      const bot = await newBot({
        ...LATER,
        '/cancel':
          't = runCommandAfter(60, "/due")\nprint(Bot.cancelScheduledTask(t.id).ok)\ntry:\n    Bot.cancelScheduledTask(t.id)\nexcept Exception as e:\n    print(e)',
      })
      const played = await bot.say('/cancel')
      assert.deepEqual(played.run?.prints, ['True', 'Task not found'])
      const { result } = await bot.ada.call(createTask, {
        params: bot.params,
        body: { command: '/due', after_seconds: 60 },
      })
      const params = { ...bot.params, taskid: result.id }

      await bot.ada.call(cancelTask, { params })

      await assert.rejects(bot.ada.call(cancelTask, { params }), { status: 404 })
      assert.deepEqual(
        (await bot.tasks('finished')).map(({ state }) => state),
        ['cancelled', 'cancelled'],
      )
      const eve = await app.account()
      await assert.rejects(eve.call(cancelTask, { params }), { status: 404 })
      await assert.rejects(eve.call(listTasks, { params: bot.params }), { status: 404 })
    })

    it('keep to their limits, and name commands that there are', async () => {
      const bot = await newBot({ ...LATER, '/many': 'for n in range(61):\n    Bot.runCommandAfter(3600, "/due")' })
      const make = (command: string, after_seconds: number) =>
        bot.ada.call(createTask, { params: bot.params, body: { command, after_seconds } })

      const many = await bot.say('/many')

      assert.match(many.run?.error?.message ?? '', /No more than 60 tasks/)
      assert.equal(many.run?.error?.type, 'ValueError')
      await assert.rejects(make('/due', 0.05), { code: 'task_time_invalid' })
      await assert.rejects(make('/due', 367 * 86_400), { code: 'task_time_invalid' })
      await assert.rejects(make('/none', 5), { code: 'command_not_found' })
    })
  })
}
