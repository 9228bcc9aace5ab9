import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { runner, testEngines } from './testing.ts'
import type { RunLimits, RunOutcome } from './types.ts'

interface Attack {
  name: string
  code: string
  outcomes: RunOutcome[]
  line?: number
  type?: string
  limits?: Partial<RunLimits>
}

const SHORT = { pythonMs: 400 }

const attacks: Attack[] = [
  { name: 'an endless loop', code: 'x = 1\nwhile True:\n    x += 1', outcomes: ['time'], limits: SHORT },
  {
    name: 'a loop that catches every error',
    code: 'while True:\n    try:\n        while True: pass\n    except BaseException: pass',
    outcomes: ['time'],
    limits: SHORT,
  },
  { name: 'a sum inside the interpreter', code: 'sum(range(10**12))', outcomes: ['time'], limits: SHORT },
  { name: 'a catastrophic regex', code: "import re\nre.match(r'(a+)+$', 'a' * 40 + 'b')", outcomes: ['time'], line: 2, limits: SHORT },
  { name: 'a power with billions of digits', code: 'x = 5\ny = 10**10**9', outcomes: ['time', 'memory'], limits: SHORT },
  { name: 'a long sleep', code: "import time\nprint('a')\ntime.sleep(1000)", outcomes: ['error'], line: 3, type: 'ValueError' },
  { name: 'a sleep of eleven seconds', code: 'time.sleep(11)', outcomes: ['error'], line: 1, type: 'ValueError' },
  { name: 'a sleep past the whole time', code: 'time.sleep(5)', outcomes: ['time'], line: 1, limits: { wallMs: 300 } },
  { name: 'two gigabytes at once', code: "x = 'a' * 2_000_000_000", outcomes: ['memory'], line: 1, type: 'MemoryError' },
  { name: 'text of 10^10 letters', code: "x = 'a' * 10**10", outcomes: ['memory', 'error'], line: 1 },
  { name: 'endless small allocations', code: 'a = []\nwhile True:\n    a.append(bytearray(50_000))', outcomes: ['memory'], line: 3 },
  { name: 'a deep recursion', code: 'def f():\n    return f()\nf()', outcomes: ['error'], line: 2, type: 'RecursionError' },
  {
    name: 'a recursion with the limit raised',
    code: "sys = json.codecs.sys\nsys.setrecursionlimit(10**9)\ndef f(n):\n    return f(n + 1)\nf(0)",
    outcomes: ['error', 'crash'],
  },
  { name: 'deeply nested JSON', code: "import json\njson.loads('[' * 10**6)", outcomes: ['error', 'crash'] },
  { name: 'the text of a deeply nested list', code: 'x = []\nfor i in range(200_000): x = [x]\nstr(x)', outcomes: ['error', 'crash'] },
  { name: 'a flood of calls', code: "for i in range(100_000):\n    bot.sendMessage('x')", outcomes: ['calls'], line: 2, type: 'CallLimitExceeded' },
  {
    name: 'a flood of calls that catches every error',
    code: "while True:\n    try:\n        bot.sendMessage('x')\n    except BaseException: pass",
    outcomes: ['calls'],
    type: 'CallLimitExceeded',
  },
  { name: 'a compile of endless brackets', code: '('.repeat(5000), outcomes: ['error', 'crash'] },
] // biome-ignore format: one attack a line

for (const { name: engineName, start } of testEngines) {
  describe(`limits (${engineName})`, () => {
    const engine = start()
    const run = runner(engine)
    before(() => engine.ready())
    after(() => engine.close())

    for (const { name, code, outcomes, line, type, limits } of attacks) {
      it(`stop ${name}, and the next bot's command runs`, async () => {
        const stopped = await run(code, { limits: limits ?? {} })
        const next = await run("bot.reply_to(message, 'Hello World!')\nprint(len('abc'))", { botId: `after ${name}` })

        assert.ok(outcomes.includes(stopped.outcome), `${stopped.outcome}: ${stopped.error?.message}`)
        if (line !== undefined) assert.equal(stopped.error?.line, line)
        if (type !== undefined) assert.equal(stopped.error?.type, type)
        assert.ok(stopped.error?.message)
        assert.equal(next.error, null)
        assert.equal(next.prints, '3\n')
        assert.equal(next.calls.length, 1)
      })
    }

    it('keep what a command printed before it was stopped, and the line it was at', async () => {
      const result = await run("print('before')\nwhile True:\n    pass", { limits: SHORT })

      assert.equal(result.outcome, 'time')
      assert.equal(result.prints, 'before\n')
      assert.ok([2, 3].includes(result.error?.line ?? 0))
      assert.match(result.error?.message ?? '', /more than 0\.4 s of Python time/)
    })

    it('cut a flood of prints at the cap, at a letter, and let the command go on', async () => {
      const result = await run("for i in range(20_000): print('плохо')\nbot.sendMessage('done')", {
        limits: { pythonMs: 10_000 },
      })

      assert.equal(result.outcome, 'ok')
      assert.equal(result.printsTruncated, true)
      assert.ok(Buffer.byteLength(result.prints) <= 65_536)
      assert.ok(Buffer.byteLength(result.prints) > 65_000)
      assert.doesNotMatch(result.prints, /\uFFFD/)
      assert.equal(result.calls.length, 1)
    })

    it('count calls exactly', async () => {
      const result = await run("for i in range(200): bot.sendMessage('x')\nprint('all')")

      assert.equal(result.outcome, 'ok')
      assert.equal(result.hostCalls, 200)
    })

    it('stand still while the command waits for the server', async () => {
      const host = () => new Promise<null>((resolve) => setTimeout(() => resolve(null), 250))

      const result = await run("for i in range(4): bot.sendMessage('x')\ntime.sleep(0.3)\nprint('end')", {
        host,
        limits: SHORT,
      })

      assert.equal(result.error, null)
      assert.equal(result.prints, 'end\n')
      assert.ok(result.durationMs > 1200, `${result.durationMs}`)
    })

    it('end a call that the server never answers, and tell the server', async () => {
      let aborted = false
      const host = (_name: string, _args: unknown, _kwargs: unknown, signal: AbortSignal) =>
        new Promise<null>(() => signal.addEventListener('abort', () => (aborted = true)))

      const result = await run("print('a')\nbot.sendMessage('x')", { host, limits: { wallMs: 300 } })

      assert.equal(result.outcome, 'time')
      assert.equal(result.error?.line, 2)
      assert.equal(aborted, true)
    })

    it('refuse arguments and answers that are too large', async () => {
      const big = await run("try:\n    bot.sendMessage('x' * 2_000_000)\nexcept ValueError as e: print(e)")
      const answer = await run('try:\n    bot.getMe()\nexcept ValueError as e: print(e)', {
        host: async () => 'x'.repeat(2_000_000),
      })

      assert.match(big.prints, /arguments are too large/)
      assert.equal(big.calls.length, 0)
      assert.match(answer.prints, /answer of telegram is too large/)
    })

    it('refuse a command that is too large to send', async () => {
      await assert.rejects(run(`x = '${'a'.repeat(9_000_000)}'`), { code: 'RUN_TOO_LARGE' })
    })
  })
}
