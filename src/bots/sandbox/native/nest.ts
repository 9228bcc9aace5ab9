import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HEADER_BYTES } from '../frames.ts'
import { loadRuntime } from '../snapshot.ts'
import type { HostSignature } from '../types.ts'
import { findPython } from './find-python.ts'
import { loadZones } from './zones.ts'
import { startZygote, type Zygote, type ZygoteOptions, type ZygoteReady } from './zygote.ts'

const HELLO_MS = 10_000
const MAX_TOKEN_BYTES = 100

export interface NestOptions extends Pick<ZygoteOptions, 'onForked' | 'onExited' | 'native'> {
  /** A name or a path. */
  python: string
  searchPath: string
  cacheDir: string
  hostCalls: readonly HostSignature[]
  /** Ends a start that nobody wants any more. */
  signal: AbortSignal
  /** A connection said this token, and then perhaps more. @returns false if it is nobody's. */
  onConnected: (token: string, socket: Socket, first: Buffer) => boolean
}

/** A zygote, and the socket in a folder of its own where its children come in. */
export interface Nest {
  readonly zygote: Zygote
  readonly about: ZygoteReady
  /** Ends the zygote and all its children, and takes the folder away. */
  close(): Promise<void>
}

/** Reads what a connection says first: a frame with its token. */
const greet = (socket: Socket, onConnected: NestOptions['onConnected']): void => {
  let held = Buffer.alloc(0)
  const timer = setTimeout(() => socket.destroy(), HELLO_MS)
  socket.once('close', () => clearTimeout(timer))
  // A child's end says all there is to say about its socket's.
  socket.on('error', () => {})
  socket.on('data', function hello(chunk: Buffer) {
    held = Buffer.concat([held, chunk])
    if (held.length < HEADER_BYTES) return
    const end = HEADER_BYTES + held.readUInt32LE(0)
    if (end > MAX_TOKEN_BYTES) socket.destroy()
    else if (held.length >= end) {
      clearTimeout(timer)
      socket.off('data', hello)
      if (!onConnected(held.toString('utf8', HEADER_BYTES, end), socket, held.subarray(end))) socket.destroy()
    }
  })
}

/**
 * Starts a zygote and waits until it has proved its wall.
 *
 * @throws {Error} with what is missing on this system.
 */
export const startNest = async (options: NestOptions): Promise<Nest> => {
  if (process.platform !== 'linux') throw new Error(`it needs Linux, and this is ${process.platform}`)
  const { python, searchPath, cacheDir, hostCalls, onConnected, signal } = options
  const [pythonPath, zones, runtime] = await Promise.all([
    findPython(python, searchPath),
    loadZones(cacheDir),
    loadRuntime(process.execPath, hostCalls),
  ])
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-python-'))
  await chmod(folder, 0o700)
  const socket = join(folder, 'runs')
  const server = createServer((connection) => greet(connection, onConnected)).listen(socket)
  let zygote: Zygote | undefined
  const close = async (): Promise<void> => {
    zygote?.close()
    await zygote?.exited
    server.close()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await once(server, 'listening')
    signal.throwIfAborted()
    zygote = startZygote({ ...options, pythonPath, python: runtime.python, hostCalls, zones, folder, socket })
    signal.addEventListener('abort', zygote.close, { once: true })
    return { zygote, about: await zygote.ready, close }
  } catch (error) {
    await close()
    throw error
  }
}
