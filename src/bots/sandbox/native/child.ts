import { Buffer } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { constants } from 'node:os'
import { frameReader, type ReceivedFrame } from '../frame-reader.ts'
import { FROM_WORKER, frame, TO_WORKER } from '../frames.ts'
import type { RunWorker } from '../run.ts'
import type { ChildExit, Zygote } from './zygote.ts'

/** How a child ends that could not report, as in child.py. */
const OUT_OF_MEMORY = 71

const PAGE_BYTES = 4096
/** A tick of the clock in /proc, the same on every Linux that Node runs on. */
const TICK_MS = 10
/** Fields of /proc/<pid>/stat behind the name, which ends with the last bracket. */
const STAT = { state: 0, userTicks: 11, systemTicks: 12 }

export interface NativeChild extends RunWorker {
  readonly id: number
  alive(): boolean
  rssBytes(): Promise<number | undefined>
  /** The zygote has forked it. */
  forked(pid: number): void
  /** It connected: resolves `ready` when it says so. */
  connected(socket: Socket, first: Buffer): void
  /** The zygote says how it ended; undefined when the zygote itself is gone. */
  ended(exit: ChildExit | undefined): void
  /** Resolves when it waits for an order. @throws when it ends before. */
  readonly ready: Promise<void>
}

const { signals } = constants

/** @returns The name of a limit, where the end tells of one, or what happened. */
const reasonOf = (exit: ChildExit | undefined): string => {
  if (exit === undefined) return 'crash'
  const { code, signal, problem } = exit
  if (signal === signals.SIGXCPU) return 'time'
  if (signal === signals.SIGSEGV || signal === signals.SIGBUS) return 'stack'
  if (code === OUT_OF_MEMORY) return 'memory'
  return problem ?? `ended with ${signal === null ? code : `signal ${signal}`}`
}

/** A process that runs one command and ends, as the server knows it. */
export const nativeChild = (id: number, zygote: Zygote, maxFrameBytes: number): NativeChild => {
  const read = frameReader(maxFrameBytes)
  const handlers = new Set<(received: ReceivedFrame) => void>()
  const { promise: ready, resolve: isReady, reject: isNotReady } = Promise.withResolvers<void>()
  const { promise: exited, resolve: hasExited } = Promise.withResolvers<string>()
  let socket: Socket | undefined
  let pid = -1
  let alive = true
  let reason: string | undefined
  /** Set when the process is gone; what it sent before is read first. */
  let end: string | undefined
  let isSocketOpen = false
  let wasReady = false

  const kill = (why: string): void => {
    reason ??= why
    if (!alive) return
    alive = false
    zygote.kill(id)
  }
  const settle = (): void => {
    if (end === undefined || isSocketOpen) return
    isNotReady(new Error(reason ?? end))
    hasExited(reason ?? end)
  }
  const handle = (received: ReceivedFrame): void => {
    if (!wasReady && received.type === FROM_WORKER.ready) {
      wasReady = true
      isReady()
    } else for (const handler of [...handlers]) handler(received)
  }
  const take = (chunk: Buffer): void => {
    try {
      for (const received of read(chunk)) handle(received)
    } catch (error) {
      socket?.removeAllListeners('data').resume()
      kill(error instanceof Error ? error.message : 'broken frames')
    }
  }
  ready.catch(() => {
    // Whoever waits hears of it; nobody does when it is killed before.
  })

  return {
    id,
    ready,
    exited,
    alive: () => alive,
    kill,
    forked: (number) => {
      pid = number
    },
    connected: (given, first) => {
      socket = given
      isSocketOpen = true
      given.on('data', take)
      given.once('close', () => {
        isSocketOpen = false
        // Without its socket a process is of no use, whatever it still does. Why it ended the zygote knows.
        if (alive) zygote.kill(id)
        alive = false
        settle()
      })
      if (first.length > 0) take(first)
    },
    ended: (exit) => {
      alive = false
      end = reasonOf(exit)
      settle()
      if (exit === undefined) socket?.destroy()
    },
    listen: (handler) => {
      handlers.add(handler)
      return () => handlers.delete(handler)
    },
    send: (type, payload) => {
      if (alive && socket?.writable) socket.write(frame(type, payload))
    },
    begin: (limits) => {
      if (alive && socket?.writable) socket.write(frame(TO_WORKER.limits, Buffer.from(JSON.stringify(limits))))
    },
    yieldCpu: () => {
      if (alive) zygote.putLast(id)
    },
    cpuMs: () => cpuMs(pid),
    rssBytes: () => rssBytes(pid),
  }
}

const rssBytes = async (pid: number): Promise<number | undefined> => {
  const statm = await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => undefined)
  return statm === undefined ? undefined : Number(statm.split(' ')[1]) * PAGE_BYTES
}

const cpuMs = async (pid: number): Promise<number | undefined> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (stat === undefined) return undefined
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // One that sleeps although nobody lets it wait will not go on by itself.
  if (fields[STAT.state] !== 'R') return undefined
  return (Number(fields[STAT.userTicks]) + Number(fields[STAT.systemTicks])) * TICK_MS
}
