import { Buffer } from 'node:buffer'
import type { Clock } from '../../platform/clock.ts'
import { AppError } from '../../platform/errors.ts'
import { HostCallError, SandboxErrors } from './errors.ts'
import {
  DoneFrame,
  FatalFrame,
  LineFrame,
  parseCall,
  parseJson,
  type ReceivedFrame,
  Report,
  SleepFrame,
} from './frame-reader.ts'
import { FROM_WORKER, type RunOrder, TO_WORKER } from './frames.ts'
import type { WorkerProcess } from './process.ts'
import type { EngineLog, HostCall, Json, RunError, RunLimits, RunOutcome, RunRequest, RunResult } from './types.ts'

/** How long after its limit a run may still end by itself, before its process is killed. */
const GRACE_MS = 1000
/** A run that has computed for so long can wait a little for those that have not. */
const LONG_PYTHON_MS = 100
/** What the clocks of the processes and ours may differ by. */
const CPU_SLACK_MS = 50
/** How many refused calls a run may make before its process is killed. */
const REFUSED_CALLS = 20
/** What an honest process sends less of, in a run: prints gathered into frames, and cut at the cap. */
const MAX_PRINT_FRAMES = 50_000
const PRINT_SLACK_BYTES = 65_536
const MAX_ORDER_BYTES = 8 * 1024 * 1024

/** The process of a run, as far as the run is concerned. */
export interface RunWorker extends Pick<WorkerProcess, 'exited' | 'listen' | 'send' | 'kill' | 'yieldCpu'> {
  /** Is told first what the run may use, where the process puts limits on itself. */
  begin?(limits: RunLimits): void
  /**
   * @returns The CPU time that a process used that would go on if it were given more; undefined for one that does
   * not want any. Where many share the CPU this is the time that counts; without it, it is what the clock says.
   */
  cpuMs?(): Promise<number | undefined>
}

export interface RunContext {
  worker: RunWorker
  host: HostCall
  limits: RunLimits
  /** Names that may be called. */
  hostCalls: ReadonlySet<string>
  log: EngineLog
  clock: Clock
  /** Is told when the run has computed for long, then when it waits, and when it computes again. */
  onComputing?: (isComputing: boolean) => void
}

export interface EndedRun {
  result: RunResult
  /** The interpreter's memory afterwards; undefined when the process is gone. */
  heapBytes: number | undefined
}

/** @throws {AppError} RUN_TOO_LARGE */
export const runOrder = (request: RunRequest, limits: RunLimits): Buffer => {
  const { command, code, preamble = '', globals } = request
  const { printBytes, pythonMs, frameBytes, heapBytes } = limits
  const order: RunOrder = { command, code, preamble, globals, printBytes, pythonMs, frameBytes, heapBytes }
  const bytes = Buffer.from(JSON.stringify(order))
  if (bytes.length > MAX_ORDER_BYTES) throw new AppError(SandboxErrors.RUN_TOO_LARGE)
  return bytes
}

const LIMIT_TEXTS = {
  time: (limits: RunLimits) => `The command used more than ${limits.pythonMs / 1000} s of Python time.`,
  wall: (limits: RunLimits) => `The command took more than ${limits.wallMs / 1000} s, waiting included.`,
  memory: (limits: RunLimits) =>
    `The command needed more memory than its ${Math.round(limits.heapBytes / 1048576)} MB.`,
  calls: (limits: RunLimits) => `The command made more than ${limits.hostCalls} calls.`,
  crash: () => 'The Python process broke while it ran this command.',
  stack: () => 'The command nested calls or data too deeply for the Python process.',
  closed: () => 'The server shut down while the command ran.',
}

type LimitName = keyof typeof LIMIT_TEXTS

const LIMITS: { [name in LimitName]: { outcome: RunOutcome; type: string } } = {
  time: { outcome: 'time', type: 'TimeLimitExceeded' },
  wall: { outcome: 'time', type: 'TimeLimitExceeded' },
  memory: { outcome: 'memory', type: 'MemoryError' },
  calls: { outcome: 'calls', type: 'CallLimitExceeded' },
  crash: { outcome: 'crash', type: 'SystemError' },
  stack: { outcome: 'crash', type: 'RecursionError' },
  closed: { outcome: 'closed', type: 'SystemExit' },
}

const isLimitName = (name: string): name is LimitName => Object.hasOwn(LIMITS, name)

/** Why an interpreter broke, from what its trap says. */
const brokenBy = (reason: string): LimitName =>
  /call stack|stack overflow|recursion/i.test(reason)
    ? 'stack'
    : /out of memory|allocation/i.test(reason)
      ? 'memory'
      : 'crash'

/**
 * Runs one order in a worker that is free: answers its calls, keeps its clocks, and kills it when it does not end.
 * Never rejects: whatever happens to the worker is the result's outcome.
 */
export const runInWorker = (order: Buffer, context: RunContext): Promise<EndedRun> =>
  new Promise((resolve) => {
    const run = runState(context)
    const finish = (limit: LimitName | undefined, report: Report | undefined, heapBytes?: number): void => {
      if (run.ended) return
      run.ended = true
      run.end()
      unlisten()
      resolve({ result: run.result(limit, report), heapBytes })
    }
    const unlisten = context.worker.listen((received) => {
      if (!run.ended) handleFrame(run, received, finish)
    })
    void context.worker.exited.then((reason) =>
      finish(isLimitName(reason) ? reason : (run.limit ?? 'crash'), undefined),
    )
    context.worker.begin?.(context.limits)
    context.worker.send(TO_WORKER.run, order)
    run.resume()
  })

type Finish = (limit: LimitName | undefined, report: Report | undefined, heapBytes?: number) => void
type RunState = ReturnType<typeof runState>

const runState = (context: RunContext) => {
  const { worker, limits, clock, onComputing } = context
  const startedAt = clock.monotonicMs()
  const abort = new AbortController()
  const prints: Buffer[] = []
  let printBytes = 0
  let pythonMs = 0
  let runningSince = 0
  let printFrames = 0
  let printedBytes = 0
  let pythonTimer: NodeJS.Timeout | undefined
  let yieldTimer: NodeJS.Timeout | undefined
  let hasYielded = false

  const yieldLater = (): void => {
    if (hasYielded) {
      onComputing?.(true)
      return
    }
    yieldTimer = setTimeout(
      () => {
        hasYielded = true
        worker.yieldCpu()
        onComputing?.(true)
      },
      Math.max(0, LONG_PYTHON_MS - pythonMs),
    )
  }
  const killLater = (ms: number): void => {
    clearTimeout(pythonTimer)
    pythonTimer = setTimeout(() => afterPending(isInPython, () => void killIfOver()), ms)
  }
  const isInPython = (): boolean => !state.ended && !state.waiting
  const killIfOver = async (): Promise<void> => {
    const since = runningSince
    const leftMs = limits.pythonMs + GRACE_MS - ((await worker.cpuMs?.()) ?? Number.POSITIVE_INFINITY)
    if (!isInPython() || runningSince !== since) return
    if (leftMs > CPU_SLACK_MS) killLater(leftMs)
    else worker.kill(state.limit ?? 'time')
  }

  const state = {
    context,
    signal: abort.signal,
    ended: false,
    waiting: false,
    calls: 0,
    refused: 0,
    line: null as number | null,
    /** The limit that the run was told to end for, if any. */
    limit: undefined as LimitName | undefined,

    /** Python runs from here: its clock ticks. */
    resume: (): void => {
      state.waiting = false
      runningSince = clock.monotonicMs()
      killLater(Math.max(0, limits.pythonMs - pythonMs) + GRACE_MS)
      yieldLater()
    },
    /** Python waits for us. */
    pause: (): void => {
      state.waiting = true
      pythonMs += clock.monotonicMs() - runningSince
      clearTimeout(pythonTimer)
      clearTimeout(yieldTimer)
      if (hasYielded) onComputing?.(false)
    },
    /** Only a process that Python has taken over sends more of them than this. */
    isFlooding: (payload: Buffer): boolean => {
      printFrames += 1
      printedBytes += payload.length
      return printFrames > MAX_PRINT_FRAMES || printedBytes > limits.printBytes + PRINT_SLACK_BYTES
    },
    print: (payload: Buffer): void => {
      if (printBytes > limits.printBytes) return
      prints.push(Buffer.from(payload.subarray(0, limits.printBytes + 1 - printBytes)))
      printBytes += prints.at(-1)!.length
    },
    answer: (type: number, payload: Buffer): void => {
      if (state.ended) return
      state.resume()
      worker.send(type, payload)
    },
    end: (): void => {
      if (!state.waiting) pythonMs += clock.monotonicMs() - runningSince
      clearTimeout(pythonTimer)
      clearTimeout(yieldTimer)
      clearTimeout(wallTimer)
      clearTimeout(lastTimer)
      abort.abort()
    },
    result: (limit: LimitName | undefined, report: Report | undefined): RunResult => ({
      outcome: limit ? LIMITS[limit].outcome : report?.error ? 'error' : 'ok',
      error: limit ? limitError(limit, limits, report?.error ?? null, state.line) : (report?.error ?? null),
      stopped: limit === undefined && report?.stopped === true,
      warnings: report?.warnings ?? [],
      prints: Buffer.concat(prints)
        .subarray(0, limits.printBytes)
        .toString()
        .replace(/\uFFFD+$/, ''),
      printsTruncated: printBytes > limits.printBytes,
      hostCalls: state.calls,
      pythonMs: Math.round(pythonMs * 100) / 100,
      durationMs: Math.round((clock.monotonicMs() - startedAt) * 100) / 100,
    }),
  }
  let lastTimer: NodeJS.Timeout | undefined
  const wallTimer = setTimeout(() => {
    // A run that waits is told, and ends cleanly; its process lives on. One that does not listen is killed.
    state.limit ??= 'wall'
    abort.abort()
    if (state.waiting) exhaust(state, 'wall')
    lastTimer = setTimeout(() => worker.kill('wall'), GRACE_MS)
  }, limits.wallMs)
  return state
}

/** A timer can be late on a busy server: what the worker said meanwhile is read before it is judged. */
const afterPending = (still: () => boolean, act: () => void): void => {
  setImmediate(() => setImmediate(() => still() && act()))
}

const limitError = (name: LimitName, limits: RunLimits, reported: RunError | null, line: number | null): RunError => {
  const { type } = LIMITS[name]
  const message = LIMIT_TEXTS[name](limits)
  const where = line ?? reported?.line ?? null
  const command = reported?.command ?? null
  return { type, message, command, line: where, traceback: reported?.traceback || `${type}: ${message}` }
}

const handleFrame = (run: RunState, { type, payload }: ReceivedFrame, finish: Finish): void => {
  const { worker } = run.context
  const isAside = type === FROM_WORKER.prints || type === FROM_WORKER.line || type === FROM_WORKER.fatal
  if (isAside && run.isFlooding(payload)) worker.kill('crash')
  else if (type === FROM_WORKER.prints) run.print(payload)
  else if (type === FROM_WORKER.line) run.line = parseJson(LineFrame, payload) ?? null
  else if (type === FROM_WORKER.fatal) {
    run.limit ??= brokenBy(parseJson(FatalFrame, payload)?.reason ?? '')
  } else if (type === FROM_WORKER.done) handleDone(run, payload, finish)
  else if (run.waiting) worker.kill('crash')
  else if (type === FROM_WORKER.call) void handleCall(run, payload)
  else if (type === FROM_WORKER.sleep) handleSleep(run, payload)
  else worker.kill('crash')
}

const handleDone = (run: RunState, payload: Buffer, finish: Finish): void => {
  const done = parseJson(DoneFrame, payload)
  const report = done && parseJson(Report, done.report)
  if (done === undefined) {
    run.context.worker.kill('crash')
    return
  }
  const limit = run.limit ?? (done.interrupted ? 'time' : report?.error?.type === 'MemoryError' ? 'memory' : undefined)
  // A command that garbled its own report gets no better one.
  finish(limit ?? (report ? undefined : 'crash'), report, done.heapBytes)
}

const handleSleep = (run: RunState, payload: Buffer): void => {
  const seconds = parseJson(SleepFrame, payload)
  run.pause()
  if (run.signal.aborted) {
    exhaust(run, 'wall')
    return
  }
  if (seconds === undefined) {
    fail(run, { message: 'a sleep takes 0 to 10 seconds', kind: 'ValueError' })
    return
  }
  const timer = setTimeout(() => run.answer(TO_WORKER.result, Buffer.from('null')), seconds * 1000)
  run.signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
}

const handleCall = async (run: RunState, payload: Buffer): Promise<void> => {
  const { host, limits, hostCalls } = run.context
  run.pause()
  if (run.signal.aborted) {
    exhaust(run, 'wall')
    return
  }
  if (run.calls >= limits.hostCalls) {
    exhaust(run, 'calls')
    return
  }
  run.calls += 1
  const call = payload.length <= limits.frameBytes ? parseCall(payload) : undefined
  if (call === undefined) {
    fail(run, { message: 'the call was not understood', kind: 'ValueError' })
    return
  }
  if (!hostCalls.has(call.name)) return fail(run, { message: `there is no '${call.name}'`, kind: 'PermissionError' })
  try {
    succeed(run, call.name, await host(call.name, call.args, call.kwargs, run.signal))
  } catch (error) {
    fail(run, toFailure(error, call.name, run.context.log))
  }
}

/** Tells Python that it gets nothing more. A command that catches that and asks on is killed after a while. */
const exhaust = (run: RunState, limit: LimitName): void => {
  run.limit ??= limit
  run.refused += 1
  if (run.refused > REFUSED_CALLS) {
    run.context.worker.kill(limit)
    return
  }
  run.answer(TO_WORKER.exhausted, Buffer.from(LIMIT_TEXTS[limit](run.context.limits)))
}

const succeed = (run: RunState, name: string, value: Json): void => {
  if (run.signal.aborted) return
  const bytes = Buffer.from(JSON.stringify(value ?? null))
  if (bytes.length > run.context.limits.frameBytes) {
    fail(run, { message: `the answer of ${name} is too large: ${bytes.length} bytes`, kind: 'ValueError' })
    return
  }
  run.answer(TO_WORKER.result, bytes)
}

const fail = (run: RunState, failure: { [key: string]: Json }): void => {
  if (run.signal.aborted) return
  run.answer(TO_WORKER.failure, Buffer.from(JSON.stringify(failure)))
}

const toFailure = (error: unknown, name: string, log: EngineLog): { [key: string]: Json } => {
  if (error instanceof HostCallError) {
    const { kind, message, errorCode, description, parameters } = error
    if (kind !== 'ApiTelegramException') return { kind, message }
    const answer = { ok: false, error_code: errorCode ?? 0, description: description ?? message }
    return { kind, function: name, ...answer, ...(parameters ? { parameters } : {}) }
  }
  if (error instanceof AppError) return { kind: 'HostError', message: error.message }
  log.error({ err: error, call: name }, 'a host call of a command failed')
  return { kind: 'HostError', message: `${name} failed on the server` }
}
