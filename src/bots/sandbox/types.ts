export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** The part of a logger that the engine uses: what happened to its processes, never what a command printed. */
export interface EngineLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** One execution of one command. */
export interface RunRequest {
  /** The tenant: memory is reset before another tenant's run. */
  botId: string
  /** The command's name: the file name in tracebacks. */
  command: string
  code: string
  /** Executed first, in the same namespace; its lines are those of the file `~` in tracebacks. */
  preamble?: string
  /**
   * Names that the code finds ready: message, call, msg, params, options, u, user, chat_id ... Objects become dicts
   * with attributes. `bot`, if given, is an object with what is known about the bot (`{username: …}` is read as
   * `bot.username`). `{"$int": "123…"}` stands for a whole number beyond 2^53, here and in every argument and result.
   */
  globals: { [name: string]: Json }
}

/** A host call as Python sees it. */
export interface HostSignature {
  /** Dotted: `telegram`, `Bot.runCommand`, `libs.Random.randomInt`. */
  readonly name: string
  readonly aliases: readonly string[]
  /** In order. One without `default` is required. */
  readonly parameters: readonly { readonly name: string; readonly kind: string; readonly default?: Json }[]
  /** Takes further keyword arguments. */
  readonly more: boolean
  readonly about: string
  /** For our own Python files: commands do not see it. */
  readonly internal: boolean
}

export interface RunLimits {
  /** Time spent in Python; the clock stands still during host calls and sleeps. */
  pythonMs: number
  /** The whole run, waiting included. */
  wallMs: number
  /** What the interpreter's memory may grow to; it starts at about 40 MB. */
  heapBytes: number
  hostCalls: number
  /** Printed text, in UTF-8. */
  printBytes: number
  /** One host call's arguments or result, as JSON. */
  frameBytes: number
}

/**
 * Does what a command asked for. Everything in the arguments is that bot's own text: check it.
 *
 * @param signal Aborted when the run ends first.
 * @throws {HostCallError} becomes a Python exception of its kind; an AppError one with its message; anything else is
 * logged and becomes a Python exception without details.
 */
export type HostCall = (
  name: string,
  args: Json[],
  kwargs: { [key: string]: Json },
  signal: AbortSignal,
) => Promise<Json>

export type RunOutcome = 'ok' | 'error' | 'time' | 'memory' | 'calls' | 'crash' | 'closed'

export interface RunError {
  type: string
  message: string
  /** The command that the line is in: the one that ran, `~`, or one run by runCommand. Null where it is not known. */
  command: string | null
  /** 1-based line in that command's code, where it is known. */
  line: number | null
  traceback: string
}

export interface RunResult {
  outcome: RunOutcome
  /** Set for every outcome but `ok`. */
  error: RunError | null
  /** The command ended itself with ReturnCommand. */
  stopped: boolean
  /** What the owner should know although the command went on. */
  warnings: string[]
  prints: string
  printsTruncated: boolean
  hostCalls: number
  pythonMs: number
  durationMs: number
}

export type RuntimeName = 'pyodide' | 'native'

export interface EngineStats {
  /** What runs commands. */
  runtime: RuntimeName
  /** Why the runtime that was asked for does not; null where it does. */
  refused: string | null
  /** Processes by what they do. */
  workers: { booting: number; idle: number; busy: number }
  /** Runs that wait for a worker. */
  waiting: number
  runs: number
  /** Processes that were killed or died since the start, by reason. */
  lost: { [reason: string]: number }
  /** Whether new processes start from the memory image; null before the first start, and where there is none. */
  fromSnapshot: boolean | null
}

export interface PythonEngine {
  /** Resolves when a worker is booted and a run would start at once. @throws {AppError} PYTHON_UNAVAILABLE */
  ready(): Promise<void>
  /** @throws {AppError} RUN_QUEUE_FULL, RUN_TOO_LARGE, PYTHON_UNAVAILABLE, PYTHON_CLOSED. A failing command is a result. */
  run(request: RunRequest, host: HostCall, limits?: Partial<RunLimits>): Promise<RunResult>
  stats(): EngineStats
  /** Ends running commands (outcome `closed`), refuses waiting ones, and resolves when no process is left. */
  close(): Promise<void>
}

export interface EngineOptions {
  /** Where the memory image is kept; created if missing. About 40 MB. */
  cacheDir: string
  log: EngineLog
  /** What commands may call, and the functions in Python that they do it with. They are part of the memory image. */
  hostCalls: readonly HostSignature[]
  /** Processes that compute. While some of them only wait there may be as many again, if the memory budget has room. */
  maxWorkers?: number
  /** Gives `maxWorkers` where that is not set: one process for each 200 MB. Half the machine's memory by default. */
  memoryBudgetBytes?: number
  /** How many runs of one bot may wait. */
  maxWaitingPerBot?: number
  /** How many runs may wait in all. */
  maxWaiting?: number
  /** A process that ran nothing for this long is stopped, but for the last one. */
  idleMs?: number
  /** The last one stays for this long, so that a bot which was quiet for an hour answers as one that was not. */
  lastIdleMs?: number
  limits?: Partial<RunLimits>
  /** The Node executable for the workers. */
  nodePath?: string
}
