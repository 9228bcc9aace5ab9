import { Buffer } from 'node:buffer'
import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { INSTALL, pythonParts } from '../facade.ts'
import { frameReader, parseJson } from '../frame-reader.ts'
import { frame } from '../frames.ts'
import type { HostSignature } from '../types.ts'
import { PYTHON_FLAGS } from './find-python.ts'

const ZYGOTE = fileURLToPath(new URL('./zygote.py', import.meta.url))
const MAX_FRAME_BYTES = 65_536
const STDERR_CHARS = 2000
const START_MS = 60_000

/** Types of frames to and from the zygote. */
const TO_ZYGOTE = { boot: 1, fork: 2, kill: 3, last: 4 } as const
const FROM_ZYGOTE = { ready: 1, forked: 2, exited: 3, refused: 4 } as const

const Ready = z.object({ python: z.string(), layers: z.array(z.string()) })
const Refused = z.object({ reason: z.string() })
const Forked = z.object({ id: z.number(), pid: z.number().int().positive() })
const Exited = z.object({
  id: z.number(),
  code: z.number().nullable(),
  signal: z.number().nullable(),
  problem: z.string().optional(),
})
export type ZygoteReady = z.infer<typeof Ready>
export type ChildExit = z.infer<typeof Exited>

export interface ZygoteOptions {
  pythonPath: string
  /** Our Python files, by name without `.py`. */
  python: { [name: string]: string }
  hostCalls: readonly HostSignature[]
  /** JSON. */
  zones: string
  /** The folder that it works in, and where the socket is. */
  folder: string
  /** Where it connects to for each child. */
  socket: string
  /** The files of the wall; tests give others. */
  native?: { [name: string]: string }
  onForked: (id: number, pid: number) => void
  onExited: (exit: ChildExit) => void
}

export interface Zygote {
  readonly pid: number
  /** Resolves when the wall is proved. @throws {Error} with the reason why not, or with what it said at its end. */
  readonly ready: Promise<ZygoteReady>
  /** Resolves with the reason when the process is gone, and with it all its children. */
  readonly exited: Promise<string>
  fork(id: number, token: string): void
  /** Ends a child at once. Only the zygote knows whether its number is still its own. */
  kill(id: number): void
  /** Lets everybody else who wants the CPU go before a child. */
  putLast(id: number): void
  close(): void
}

/** @returns The Python files that make up the wall and what is behind it. */
export const readNativeFiles = async (): Promise<{ [name: string]: string }> => {
  const files: { [name: string]: string } = {}
  for (const name of ['wall', 'child', 'probes'])
    files[name] = await readFile(new URL(`./${name}.py`, import.meta.url), 'utf8')
  return files
}

const start = ({ pythonPath, folder }: ZygoteOptions): ChildProcess =>
  spawn(pythonPath, [...PYTHON_FLAGS, ZYGOTE], {
    env: { TZ: 'UTC' },
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    // A session of its own: a Ctrl-C at the server's terminal is not meant for it.
    detached: true,
  })

const bootOrder = async ({ python, hostCalls, zones, socket, native }: ZygoteOptions): Promise<Buffer> => {
  const { _modules, _source } = pythonParts(python)
  const parts = { install: INSTALL, modules: _modules, source: _source, hostCalls: JSON.stringify(hostCalls) }
  return Buffer.from(JSON.stringify({ ...parts, zones, socket, native: native ?? (await readNativeFiles()) }))
}

/** Starts the process that native runs are forked from. */
export const startZygote = (options: ZygoteOptions): Zygote => {
  const child = start(options)
  const socket = child.stdio[3] as Duplex
  const read = frameReader(MAX_FRAME_BYTES)
  const { promise: ready, resolve, reject } = Promise.withResolvers<ZygoteReady>()
  let stderr = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    if (stderr.length < STDERR_CHARS) stderr += chunk
  })
  const exited = new Promise<string>((gone) => {
    child.once('error', (error) => gone(`could not be started: ${error.message}`))
    child.once('close', (code, signal) =>
      gone(`ended with ${signal ?? code}${stderr && `: ${stderr.slice(-STDERR_CHARS)}`}`),
    )
  })
  const timer = setTimeout(() => {
    reject(new Error(`the zygote was not ready within ${START_MS} ms`))
    child.kill('SIGKILL')
  }, START_MS)
  // Whoever does not wait for it hears of its end by `exited`.
  ready.catch(() => {}).finally(() => clearTimeout(timer))
  void exited.then((reason) => reject(new Error(`the zygote ${reason}`)))

  const handle = (type: number, payload: Buffer): void => {
    if (type === FROM_ZYGOTE.ready) resolve(Ready.parse(JSON.parse(payload.toString())))
    else if (type === FROM_ZYGOTE.refused) reject(new Error(parseJson(Refused, payload)?.reason ?? 'refused'))
    else if (type === FROM_ZYGOTE.forked) {
      const { id, pid } = Forked.parse(JSON.parse(payload.toString()))
      options.onForked(id, pid)
    } else if (type === FROM_ZYGOTE.exited) options.onExited(Exited.parse(JSON.parse(payload.toString())))
  }
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const { type, payload } of read(chunk)) handle(type, payload)
    } catch (error) {
      reject(error)
      child.kill('SIGKILL')
    }
  })
  // Its end says all there is to say about its socket's.
  socket.on('error', () => {})

  const say = (type: number, message: unknown): void => {
    if (socket.writable) socket.write(frame(type, Buffer.from(JSON.stringify(message))))
  }
  bootOrder(options).then((order) => socket.write(frame(TO_ZYGOTE.boot, order)), reject)

  return {
    pid: child.pid ?? -1,
    ready,
    exited,
    fork: (id, token) => say(TO_ZYGOTE.fork, { id, token }),
    kill: (id) => say(TO_ZYGOTE.kill, { id }),
    putLast: (id) => say(TO_ZYGOTE.last, { id }),
    close: () => {
      child.kill('SIGKILL')
    },
  }
}
