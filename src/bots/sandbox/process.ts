import { Buffer } from 'node:buffer'
import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { getPriority, setPriority } from 'node:os'
import { dirname } from 'node:path'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { FatalFrame, frameReader, parseJson, ReadyFrame, type ReceivedFrame } from './frame-reader.ts'
import { type BootOrder, FROM_WORKER, frame, TO_WORKER } from './frames.ts'

const WORKER = fileURLToPath(new URL('./worker/main.ts', import.meta.url))
const SANDBOX_DIR = dirname(fileURLToPath(import.meta.url))
/** What of a worker's standard error is kept, to say why it did not start. */
const STDERR_CHARS = 2000
const BOOT_MS = 60_000
const RESET_MS = 10_000
/** CPU seconds in the life of a worker. It retires long before; this ends one whose server died under it. */
const CPU_SECONDS = 600
/** How far behind the server its bots stand for the CPU: those that compute much behind the others. */
const NICE = { first: 5, yielding: 10, last: 19 }
const NICEST = 19

export interface WorkerOptions {
  nodePath: string
  order: BootOrder
  /** Largest frame that the worker may send. */
  maxFrameBytes: number
}

export interface WorkerProcess {
  readonly pid: number
  /** Resolves with the reason when the process is gone. */
  readonly exited: Promise<string>
  readonly alive: () => boolean
  /** Takes every frame until the returned function is called. */
  listen(handler: (received: ReceivedFrame) => void): () => void
  send(type: number, payload: Uint8Array): void
  /** Resolves when the worker has forgotten everything. @throws when it dies or does not answer in time. */
  reset(): Promise<ReadyFrame>
  /** Ends the process at once; `reason` is what `exited` then says. */
  kill(reason: string): void
  /** From here on whoever else wants the CPU goes first. */
  yieldCpu(): void
  /** Takes that back, as far as the system allows it: to most users it does not. */
  reclaimCpu(): void
  /** From here on after those that yield. */
  comeLast(): void
  /** Resident memory, or undefined where the system does not tell. */
  rssBytes(): Promise<number | undefined>
}

/** Limits that the operating system enforces from outside, where there is a shell to set them: no core, no file. */
const commandLine = (nodePath: string, args: string[]): [string, string[]] =>
  process.platform === 'win32'
    ? [nodePath, args]
    : ['/bin/sh', ['-c', `ulimit -c 0; ulimit -f 0; ulimit -t ${CPU_SECONDS}; exec "$0" "$@"`, nodePath, ...args]]

/** What Node lets a worker do: read what it starts from, and nothing else. */
export const workerFlags = (order: BootOrder): string[] => [
  '--permission',
  `--allow-fs-read=${order.runtimeDir}`,
  `--allow-fs-read=${SANDBOX_DIR}/`,
  ...(order.snapshotPath === null ? [] : [`--allow-fs-read=${order.snapshotPath}`]),
  '--disallow-code-generation-from-strings',
  '--no-addons',
  '--no-warnings',
  '--max-old-space-size=160',
]

const start = ({ nodePath, order }: WorkerOptions): ChildProcess => {
  const [command, args] = commandLine(nodePath, [...workerFlags(order), WORKER])
  return spawn(command, args, {
    env: {},
    cwd: SANDBOX_DIR,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    windowsHide: true,
  })
}

/** Starts a worker process and gives it its boot order. It says `ready` when it is. */
export const startWorker = (options: WorkerOptions): WorkerProcess => {
  const child = start(options)
  const socket = child.stdio[3] as Duplex
  const read = frameReader(options.maxFrameBytes)
  const handlers = new Set<(received: ReceivedFrame) => void>()
  let reason: string | undefined
  let alive = true
  let nice = 0
  let stderr = ''

  const kill = (why: string): void => {
    reason ??= why
    child.kill('SIGKILL')
  }
  const exited = new Promise<string>((resolve) => {
    const gone = (why: string): void => {
      alive = false
      resolve(reason ?? `${why}${stderr === '' ? '' : `: ${stderr.slice(-STDERR_CHARS)}`}`)
      socket.destroy()
    }
    child.once('error', (error) => gone(`not started (${error.message})`))
    // Not `exit`: what the worker sent before it died is read first.
    child.once('close', (code, signal) => gone(`exited (${signal ?? code})`))
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    if (stderr.length < STDERR_CHARS) stderr += chunk.toString().replace(/.{300,}/g, '…')
  })
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const received of read(chunk)) for (const handler of [...handlers]) handler(received)
    } catch (error) {
      socket.removeAllListeners('data').resume()
      kill(error instanceof Error ? error.message : 'broken frames')
    }
  })
  // The process's end says all there is to say about its socket's.
  socket.on('error', () => {})

  const toNice = (wanted: number): void => {
    if (nice !== wanted && alive && !child.killed && beNice(child.pid ?? -1, wanted)) nice = wanted
  }

  const self: WorkerProcess = {
    pid: child.pid ?? -1,
    exited,
    alive: () => alive && !child.killed,
    listen: (handler) => {
      handlers.add(handler)
      return () => handlers.delete(handler)
    },
    send: (type, payload) => {
      if (alive && socket.writable) socket.write(frame(type, payload))
    },
    reset: () => {
      const answer = nextFrame(self, RESET_MS, FROM_WORKER.ready).then(toReady)
      self.send(TO_WORKER.reset, Buffer.alloc(0))
      return answer
    },
    kill,
    yieldCpu: () => toNice(Math.max(nice, NICE.yielding)),
    reclaimCpu: () => toNice(NICE.first),
    comeLast: () => toNice(NICE.last),
    rssBytes: () => rssBytes(self.pid),
  }
  toNice(NICE.first)
  self.send(TO_WORKER.boot, Buffer.from(JSON.stringify(options.order)))
  return self
}

const toReady = ({ payload }: ReceivedFrame): ReadyFrame => {
  const ready = parseJson(ReadyFrame, payload)
  if (ready === undefined) throw new Error('a worker sent no proper ready frame')
  return ready
}

/** Resolves with the next frame, which must be of the given type. @throws when the worker dies or takes longer. */
const nextFrame = (worker: WorkerProcess, withinMs: number, type: number): Promise<ReceivedFrame> =>
  new Promise((resolve, reject) => {
    const fail = (message: string): void => {
      done()
      worker.kill(message)
      reject(new Error(message))
    }
    const timer = setTimeout(() => fail(`no answer within ${withinMs} ms`), withinMs)
    const unlisten = worker.listen((received) => {
      if (received.type === FROM_WORKER.fatal) {
        return fail(parseJson(FatalFrame, received.payload)?.reason ?? 'broke without a reason')
      }
      if (received.type !== type) return fail(`expected frame ${type}, got ${received.type}`)
      done()
      resolve(received)
    })
    const done = (): void => {
      clearTimeout(timer)
      unlisten()
    }
    void worker.exited.then(fail)
  })

/** Resolves when a worker just started can take its first run. */
export const workerReady = (worker: WorkerProcess): Promise<ReadyFrame> =>
  nextFrame(worker, BOOT_MS, FROM_WORKER.ready).then(toReady)

/** Resolves with the memory image that the boot order asked for. */
export const workerImage = async (worker: WorkerProcess): Promise<Buffer> =>
  (await nextFrame(worker, BOOT_MS, FROM_WORKER.image)).payload

/** @returns false where that is not allowed, or there is no such process. */
const beNice = (pid: number, more: number): boolean => {
  try {
    setPriority(pid, Math.min(NICEST, getPriority() + more))
    return true
  } catch {
    return false
  }
}

const PAGE_BYTES = 4096

const rssBytes = async (pid: number): Promise<number | undefined> => {
  try {
    const statm = await readFile(`/proc/${pid}/statm`, 'utf8')
    return Number(statm.split(' ')[1]) * PAGE_BYTES
  } catch {
    return undefined
  }
}
