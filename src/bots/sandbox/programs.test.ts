import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { hostSignatures } from '../host/signatures.ts'
import { readPrograms, transcript } from './fixtures/programs.ts'
import { TOY_GLOBALS, toyHost } from './fixtures/toy-host.ts'
import { Report } from './frame-reader.ts'
import { type HostCall, HostCallError } from './index.ts'
import { loadRuntime } from './snapshot.ts'
import { testEngines } from './testing.ts'

const programs = readPrograms('programs.txt')
const CPYTHON = fileURLToPath(new URL('./fixtures/cpython.py', import.meta.url))

for (const { name: engineName, start } of testEngines) {
  describe(`programs as people write them (${engineName})`, () => {
    const engine = start({ maxWorkers: 1 })
    before(() => engine.ready())
    after(() => engine.close())

    it('are there for every feature', () => {
      const numbers = programs.map(({ name }) => name.split(' ')[0])
      const wanted = [
        ...Array.from({ length: 76 }, (_, n) => `T${n + 1}`),
        ...Array.from({ length: 27 }, (_, n) => `R${n + 1}`),
      ]
      assert.deepEqual(
        wanted.filter((number) => !numbers.includes(number)),
        [],
      )
    })

    for (const { name, code, expected } of programs) {
      it(name, async () => {
        const toy = toyHost()

        const result = await engine.run({ botId: 'bot', command: '/start', code, globals: TOY_GLOBALS }, toy.host)

        assert.equal(transcript(result, toy.asked), expected)
      })
    }
  })
}

const Call = z.object({
  name: z.string(),
  args: z.array(z.custom<never>()),
  kwargs: z.record(z.string(), z.custom<never>()),
})
const Line = z.union([z.object({ ask: z.string() }), z.object({ report: Report, prints: z.string() })])

const answerTo = async (host: HostCall, ask: string) => {
  const { name, args, kwargs } = Call.parse(JSON.parse(ask))
  try {
    const result = await host(name, args, kwargs, new AbortController().signal)
    return { status: 'r', body: JSON.stringify(result) }
  } catch (error) {
    if (!(error instanceof HostCallError)) throw error
    const { kind, message, errorCode, description } = error
    const about =
      kind === 'ApiTelegramException' ? { function: name, ok: false, error_code: errorCode, description } : {}
    return { status: 'e', body: JSON.stringify({ kind, message, ...about }) }
  }
}

/** Our Python files on the CPython of this machine. */
const startCPython = async () => {
  const child = spawn('python3', ['-I', CPYTHON], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const say = (value: unknown) => child.stdin.write(`${JSON.stringify(value)}\n`)
  const { python } = await loadRuntime(process.execPath, [])
  say({ python, hostCalls: hostSignatures })
  return {
    async run(code: string): Promise<string> {
      const toy = toyHost()
      say({ command: '/start', code, preamble: '', globals: TOY_GLOBALS, printBytes: 65_536 })
      for (;;) {
        const { value, done } = await lines.next()
        assert.ok(done !== true, 'CPython ended')
        const line = Line.parse(JSON.parse(value))
        if ('report' in line) return transcript({ ...line.report, prints: line.prints }, toy.asked)
        say(await answerTo(toy.host, line.ask))
      }
    },
    async stop() {
      child.stdin.end()
      await once(child, 'close')
    },
  }
}

const version = spawnSync('python3', ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'])
  .stdout?.toString()
  .trim()
const isUsable = version !== undefined && Number(version.split('.')[1] ?? 0) >= 11

describe(
  isUsable ? `the same programs on CPython ${version}` : 'no python3 of 3.11 or later: NOTHING WAS COMPARED',
  () => {
    it(isUsable ? 'print, ask and fail alike' : 'this machine has none to compare with', async (t) => {
      if (!isUsable) return t.diagnostic('programs.txt was not compared with CPython: there is no python3 here')
      const cpython = await startCPython()
      t.after(() => cpython.stop())

      const different: string[] = []
      for (const { name, code, expected } of programs) {
        const actual = await cpython.run(code)
        if (actual !== expected) different.push(`${name}\n${actual}`)
      }

      assert.deepEqual(different, [])
    })
  },
)
