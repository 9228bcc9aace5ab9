import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { HostCallError } from './index.ts'
import { ensureImage, loadRuntime } from './snapshot.ts'
import { aSignature, recordingHost, runner, silentLog, testEngine, testEngines, until } from './testing.ts'

const childPids = (pid: number | 'self' = 'self'): number[] =>
  readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )

const isRunning = (pid: number): boolean => {
  try {
    // A process that ended and was not waited for yet still has its number.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

/** Tests that look at processes from outside need /proc. */
const onLinux = process.platform === 'linux' ? it : () => {}

for (const { name: engineName, start } of testEngines) {
  describe(`the engine (${engineName})`, () => {
    const engine = start({
      hostCalls: [
        aSignature('telegram', ['method', 'params'], true),
        aSignature('handleNextCommand', ['command', 'options']),
        aSignature('User.saveData', ['name', 'data']),
        aSignature('libs.Dice.roll', ['sides']),
      ],
    })
    const run = runner(engine)
    before(() => engine.ready())
    after(() => engine.close())

    it('makes exactly one call for a hello', async () => {
      const result = await run("bot.reply_to(message, 'Hello World!')")

      assert.equal(result.outcome, 'ok')
      assert.deepEqual(result.calls, [
        {
          name: 'telegram',
          args: ['sendMessage', { chat_id: 42, text: 'Hello World!', reply_parameters: { message_id: 7 } }],
          kwargs: {},
        },
      ])
    })

    it('says what it runs commands with', () => {
      assert.equal(engine.stats().runtime, engineName)
      assert.equal(engine.stats().fromSnapshot, engineName === 'pyodide' ? true : null)
    })

    it("tells an error's type, text and line", async () => {
      const result = await run('x = 1\n\ndef f():\n    return x / 0\n\nf()')

      assert.equal(result.outcome, 'error')
      assert.equal(result.error?.type, 'ZeroDivisionError')
      assert.equal(result.error?.message, 'division by zero')
      assert.equal(result.error?.line, 4)
      assert.match(result.error?.traceback ?? '', /File "\/start", line 6, in <module>\n {4}f\(\)/)
      assert.doesNotMatch(result.error?.traceback ?? '', /latchkey/)
    })

    it('tells where a program is not Python', async () => {
      const result = await run('x = 1\nif x:\nprint(x)')

      assert.equal(result.error?.type, 'IndentationError')
      assert.equal(result.error?.line, 3)
    })

    it('ends a command by ReturnCommand in each of its forms', async () => {
      for (const stop of ['raise ReturnCommand', 'raise ReturnCommand()', 'returnCommand()', 'raise returncommand']) {
        const result = await run(`print('a')\n${stop}\nprint('b')`)

        assert.deepEqual([result.outcome, result.stopped, result.prints], ['ok', true, 'a\n'])
      }
      const caught = await run('try:\n    raise ReturnCommand()\nexcept Exception as e:\n    print(type(e).__name__)')
      assert.deepEqual([caught.stopped, caught.prints], [false, 'ReturnCommand\n'])
    })

    it('turns the failure of a call into an exception of its kind', async () => {
      const failing = (error: Error) => ({
        host: async () => {
          throw error
        },
      })
      const code =
        "try:\n    bot.sendMessage('x')\nexcept Exception as e:\n    print(type(e).__name__, e, getattr(e, 'error_code', ''))"
      const description = 'Bad Request: message is not modified'

      const telegram = await run(
        code,
        failing(new HostCallError('refused', { kind: 'ApiTelegramException', errorCode: 400, description })),
      )
      const value = await run(code, failing(new HostCallError('no such time', { kind: 'ValueError' })))
      const bug = await run(code, failing(new Error('secret of the server')))

      assert.equal(
        telegram.prints,
        `ApiTelegramException A request to the Telegram API was unsuccessful. Error code: 400. Description: ${description} 400\n`,
      )
      assert.equal(value.prints, 'ValueError no such time \n')
      assert.equal(bug.prints, 'HostError telegram failed on the server \n')
    })

    it('offers the functions that the server allows, by either spelling, and no others', async () => {
      const result = await run(
        "handleNextCommand('ask', options={'a': 1})\nUser.saveData('k', (1, {2}))\nlibs.Dice.roll(sides=6)\ntry:\n    User.dropAll()\nexcept AttributeError as e:\n    print(e)",
      )

      assert.equal(result.error, null)
      assert.deepEqual(
        result.calls.map(({ name, args, kwargs }) => [name, args, kwargs]),
        [
          ['handleNextCommand', [], { command: 'ask', options: { a: 1 } }],
          ['User.saveData', [], { name: 'k', data: [1, [2]] }],
          ['libs.Dice.roll', [], { sides: 6 }],
        ],
      )
      assert.equal(result.prints, "User has no 'dropAll'\n")
    })

    it('keeps whole numbers of any size on their way out and back', async () => {
      const { calls, host } = recordingHost({ big: { $int: '123456789012345678901234567890' } })

      const result = await run("r = bot.getMe(n=2**70, small=2**53)\nprint(r.big + 1, r['big'] % 10)", { host })

      assert.deepEqual(calls[0]?.args, ['getMe', { n: { $int: String(2n ** 70n) }, small: 2 ** 53 }])
      assert.equal(result.prints, '123456789012345678901234567891 0\n')
    })

    it('refuses to send what JSON cannot carry, in words', async () => {
      for (const [value, words] of [
        ["b'x'", /bytes cannot be sent/],
        ["float('nan')", /nan cannot be sent/],
        ['datetime.date(2024, 1, 1)', /date cannot be sent/],
        ['object()', /object cannot be sent/],
      ] as const) {
        const { error } = await run(`bot.sendMessage(${value})`)
        assert.match(error?.message ?? '', words)
      }
    })

    it("runs one command of a bot at a time, and another bot's beside it", async () => {
      const order: string[] = []
      const slow = async (label: string) => {
        const host = async () => {
          order.push(`${label} asks`)
          await new Promise((resolve) => setTimeout(resolve, 150))
          order.push(`${label} has`)
          return null
        }
        await run("bot.sendMessage('x')", { botId: label.slice(0, 1), host })
      }

      await Promise.all([slow('a1'), slow('a2'), slow('b1')])

      assert.ok(order.indexOf('a2 asks') > order.indexOf('a1 has'))
      assert.ok(order.indexOf('b1 asks') < order.indexOf('a2 asks'))
    })

    it('takes turns between bots, so that one with many commands does not keep another waiting', async () => {
      const ended: string[] = []
      const one = (botId: string) => run('x = 1', { botId }).then(() => ended.push(botId))

      await Promise.all([...Array.from({ length: 20 }, () => one('many')), one('few')])

      assert.ok(ended.indexOf('few') < 10, ended.join())
    })

    it('refuses what is more than may wait', async () => {
      const small = start({ maxWaitingPerBot: 2 })
      const waiting = Array.from({ length: 5 }, () =>
        runner(small)('x = 1').then(
          (r) => r.outcome,
          (e) => e.code,
        ),
      )

      const outcomes = await Promise.all(waiting)
      await small.close()

      assert.deepEqual(outcomes, ['ok', 'ok', 'RUN_QUEUE_FULL', 'RUN_QUEUE_FULL', 'RUN_QUEUE_FULL'])
    })

    onLinux('reports a process killed from outside as a crash, and goes on', async () => {
      const lone = start({ maxWorkers: 1 })
      await lone.ready()
      const [pid] = childPids()
        .filter((each) => isRunning(each))
        .slice(-1)
      // Of the native engine the last one is the zygote, which all runs are children of.
      const host = async () => {
        for (const victim of engineName === 'native' ? childPids(pid) : [pid!]) process.kill(victim, 'SIGKILL')
        return null
      }

      const killed = await runner(lone)("print('a')\nbot.sendMessage('x')\nprint('b')", { host })
      const next = await runner(lone)("print('next')")
      await lone.close()

      assert.deepEqual([killed.outcome, killed.prints], ['crash', 'a\n'])
      assert.equal(next.prints, 'next\n')
    })

    onLinux('starts no process before it is used, stops idle ones, and leaves none when closed', async () => {
      const before = new Set(childPids())
      const own = () => childPids().filter((pid) => !before.has(pid) && isRunning(pid))
      const lazy = start({ idleMs: 300, lastIdleMs: 300 })
      assert.deepEqual(own(), [])

      await runner(lazy)('x = 1')
      assert.ok(own().length > 0)
      await until(() => own().length === 0)
      await runner(lazy)('x = 1')
      const endless = runner(lazy)('while True: pass')
      await until(() => lazy.stats().workers.busy === 1)
      await lazy.close()

      assert.equal((await endless).outcome, 'closed')
      assert.deepEqual(own(), [])
      await assert.rejects(runner(lazy)('x = 1'), { code: 'PYTHON_CLOSED' })
    })

    onLinux('dies with a server that is killed, idle or in the middle of a loop', async () => {
      const server = spawn(process.execPath, [new URL('./fixtures/server.ts', import.meta.url).pathname, engineName], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await new Promise((resolve) => server.stdout.once('data', resolve))
      const workers = childPids(server.pid).flatMap((pid) => [pid, ...childPids(pid)])
      assert.ok(workers.length >= 2, `${workers.length} workers`)

      server.kill('SIGKILL')

      await until(() => workers.every((pid) => !isRunning(pid)))
    })
  })
}

describe('the memory image', () => {
  const dir = mkdtempSync(join(tmpdir(), 'latchkey-image-'))
  after(() => rmSync(dir, { recursive: true }))
  const signal = new AbortController().signal
  const options = (cacheDir: string) => ({ cacheDir, nodePath: process.execPath, log: silentLog, signal })

  it('is made by two at the same time where the one that is there is broken, and then found', async () => {
    const runtime = await loadRuntime(process.execPath, [])
    const path = join(dir, `python-${runtime.key}.image`)
    writeFileSync(path, 'cut short')

    const both = await Promise.all([ensureImage(runtime, options(dir)), ensureImage(runtime, options(dir))])
    const made = statSync(path)
    const again = await ensureImage(runtime, options(dir))

    assert.deepEqual([...both, again], [path, path, path])
    assert.equal(statSync(path).mtimeMs, made.mtimeMs)
    assert.ok(made.size > 10_000_000)
    assert.equal(made.mode & 0o777, 0o600)
    assert.deepEqual(readdirSync(dir).length, 1)
  })

  it('is done without where a file is in the way of its folder', async () => {
    const errors: string[] = []
    const log = { ...silentLog, error: (_fields: object, message: string) => errors.push(message) }
    const engine = testEngine({ cacheDir: join(dir, readdirSync(dir)[0] ?? ''), log, maxWorkers: 1 })

    const result = await runner(engine)("print('slow but sure')")
    await engine.close()

    assert.equal(result.prints, 'slow but sure\n')
    assert.equal(engine.stats().fromSnapshot, false)
    assert.match(errors[0] ?? '', /could not be made/)
  })
})
