import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requireProgram } from '../../../test/services/programs.ts'
import { hostSignatures } from '../host/signatures.ts'
import { pyodideEngine } from './engine.ts'
import { type NativeOptions, nativeEngine } from './native/engine.ts'
import type {
  EngineLog,
  EngineOptions,
  HostCall,
  HostSignature,
  Json,
  PythonEngine,
  RunLimits,
  RunRequest,
} from './types.ts'

/** One folder for all test processes: the image is made once and found by the others. */
export const TEST_CACHE_DIR = join(tmpdir(), 'latchkey-test-python')

export const silentLog: EngineLog = { info: () => {}, warn: () => {}, error: () => {} }

// A busy machine counts against Python's time; tests of the limit set it themselves.
const PATIENT = { pythonMs: 20_000 }

/** An engine for tests, with few processes. Close it in `after`. */
export const testEngine = (options: Partial<EngineOptions> = {}) =>
  pyodideEngine({
    cacheDir: TEST_CACHE_DIR,
    log: silentLog,
    hostCalls: hostSignatures,
    maxWorkers: 2,
    limits: PATIENT,
    ...options,
  })

/** The same, run natively, on Linux. */
export const testNativeEngine = (options: Partial<NativeOptions> = {}) =>
  nativeEngine({
    cacheDir: TEST_CACHE_DIR,
    log: silentLog,
    hostCalls: hostSignatures,
    limits: PATIENT,
    searchPath: process.env.PATH ?? '',
    ...options,
  })

export interface TestEngine {
  readonly name: 'pyodide' | 'native'
  readonly start: (options?: Partial<EngineOptions>) => PythonEngine
}

const installPython = () =>
  requireProgram({
    names: ['python3'],
    packageName: 'python3',
    help: 'Tests of the native runtime need python3, 3.11 or later (Debian, Ubuntu: `apt-get install python3`).',
  })
if (process.platform === 'linux') await installPython()

/** Every engine that runs on this system. What one of them promises, all do. */
export const testEngines: readonly TestEngine[] = [
  { name: 'pyodide', start: testEngine },
  ...(process.platform === 'linux' ? [{ name: 'native' as const, start: testNativeEngine }] : []),
]

/** A declared call whose parameters are all required, but for `options`. */
export const aSignature = (name: string, parameters: readonly string[], internal = false): HostSignature => ({
  name,
  aliases: [],
  parameters: parameters.map((each) => ({
    name: each,
    kind: 'json',
    ...(each === 'options' ? { default: null } : {}),
  })),
  more: false,
  about: 'For tests.',
  internal,
})

export interface MadeCall {
  name: string
  args: Json[]
  kwargs: { [key: string]: Json }
}

/** A message as an update holds it. */
export const aMessage = {
  message_id: 7,
  chat: { id: 42, type: 'private' },
  from: { id: 42, first_name: 'Ada' },
  date: 1_700_000_000,
  text: '/start',
}

/** @returns A host that answers every call with a sent message, and the list of calls that it got. */
export const recordingHost = (answer: Json = { message_id: 8, chat: { id: 42 } }) => {
  const calls: MadeCall[] = []
  const host: HostCall = async (name, args, kwargs) => {
    calls.push({ name, args, kwargs })
    return answer
  }
  return { calls, host }
}

/** Runs code as a command of a bot, with a message and a user. */
export const runner = (engine: PythonEngine) => {
  return async (code: string, more: Partial<RunRequest> & { limits?: Partial<RunLimits>; host?: HostCall } = {}) => {
    const { limits, host, ...request } = more
    const recorded = recordingHost()
    const globals = { message: aMessage, msg: '/start', u: 42, chat_id: 42, ...more.globals }
    const result = await engine.run(
      { botId: 'bot_a', command: '/start', code, ...request, globals },
      host ?? recorded.host,
      limits,
    )
    return { ...result, calls: recorded.calls }
  }
}

/** Waits until the condition holds. @throws after `withinMs`. */
export const until = async (condition: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> => {
  const deadline = performance.now() + withinMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not so within ${withinMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
