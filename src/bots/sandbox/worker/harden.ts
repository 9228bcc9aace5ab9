import type { BootOrder } from '../frames.ts'
import { DEVICE, shutBridges } from './boot.ts'
import type { Bridge } from './bridge.ts'
import type { FileSystem, Python, Stream } from './pyodide.ts'

const { permission } = process as { permission?: { drop?: (scope: string) => void } }
const EROFS = 69
const DEVICE_MAJOR = 64
const WRITE_FLAGS = 0o1 | 0o2 | 0o100 | 0o1000 | 0o2000

const MUTATORS = [
  'mkdir', 'mkdirTree', 'mknod', 'mkdev', 'symlink', 'rename', 'rmdir', 'unlink', 'chmod', 'lchmod', 'fchmod', 'chown',
  'lchown', 'fchown', 'truncate', 'ftruncate', 'utime', 'create', 'mount', 'unmount', 'writeFile', 'createDataFile',
  'createLazyFile', 'createPath', 'createFile', 'createDevice', 'registerDevice', 'createPreloadedFile', 'allocate',
  'chdir', 'msync', 'mmap', 'syncfs', 'createNode', 'doChmod', 'doChown', 'doTruncate', 'ioctl',
] // biome-ignore format: a list of names

const mountDevice = (FS: FileSystem, bridge: Bridge): void => {
  const device = FS.makedev(DEVICE_MAJOR, 0)
  FS.registerDevice(device, {
    read: (_stream: Stream, buffer: Int8Array, offset: number, length: number) => bridge.read(buffer, offset, length),
    write: (_stream: Stream, buffer: Int8Array, offset: number, length: number) => {
      bridge.handle(new Uint8Array(buffer.buffer, buffer.byteOffset + offset, length))
      return length
    },
  })
  FS.mkdev(DEVICE, 0o666, device)
}

/** Makes the in-memory file system read-only: what one bot would leave in it, the next one would find. */
const freezeFiles = (FS: FileSystem): void => {
  const refuse = (): never => {
    throw new FS.ErrnoError(EROFS)
  }
  for (const name of MUTATORS) if (typeof FS[name] === 'function') FS[name] = refuse
  const { open, write } = FS as { [name: string]: (...values: unknown[]) => unknown }
  FS.open = (path: unknown, flags: unknown, mode: unknown) => {
    if (typeof flags !== 'number' || flags & WRITE_FLAGS) refuse()
    return open!.call(FS, path, flags, mode)
  }
  FS.write = (stream: { device?: unknown; fd: number }, ...rest: unknown[]) => {
    if (stream !== FS.streams[stream.fd] || !('stream_ops' in stream)) refuse()
    return write!.call(FS, stream, ...rest)
  }
}

const KEPT = new Set(
  `globalThis Infinity NaN undefined Object Function Array Number Boolean String Symbol Date Promise RegExp Error
   AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError JSON Math Intl ArrayBuffer Atomics
   Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array Float32Array Float64Array Uint8ClampedArray
   BigUint64Array BigInt64Array DataView Map BigInt Set WeakMap WeakSet WeakRef Proxy Reflect FinalizationRegistry
   decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape isFinite isNaN parseFloat parseInt
   Iterator SharedArrayBuffer TextDecoder TextEncoder performance crypto console DOMException`.split(/\s+/),
)

/** Leaves JavaScript with the language and nothing of the system, should anything ever run in it that is not ours. */
const stripGlobals = (): void => {
  const kinds = [() => {}, async () => {}, function* () {}, async function* () {}]
  for (const kind of kinds) {
    Object.defineProperty(Object.getPrototypeOf(kind), 'constructor', {
      value: undefined,
      writable: false,
      configurable: false,
    })
  }
  const { now } = performance
  const getRandomValues = crypto.getRandomValues.bind(crypto)
  const silent = () => {}
  const replaced = {
    performance: Object.freeze({ now: now.bind(performance) }),
    crypto: Object.freeze({ getRandomValues }),
    console: Object.freeze({ log: silent, error: silent, warn: silent, info: silent, debug: silent, trace: silent }),
  }
  for (const name of Object.getOwnPropertyNames(process)) {
    if (
      !['reallyExit', 'exitCode', 'nextTick', '_tickCallback', 'emit', 'on', 'versions', 'type', 'argv'].includes(name)
    ) {
      Reflect.deleteProperty(process, name)
    }
  }
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (!KEPT.has(name)) Reflect.deleteProperty(globalThis, name)
  }
  for (const [name, value] of Object.entries(replaced)) {
    Object.defineProperty(globalThis, name, { value, writable: false, configurable: false })
  }
}

/** What was read to start is never read again. Older Node cannot drop a permission; its flags stay as they were. */
const dropPermissions = (): void => permission?.drop?.('fs.read')

const START = `
def _start(audit):
    import _latchkey, _latchkey_harden
    _latchkey.open_device("${DEVICE}")
    return _latchkey_harden.harden(audit)
`

/**
 * Shuts every door that is open after the start, on both sides.
 *
 * @returns `serve`, which runs the order that the bridge holds, and which JavaScript objects Python still reaches: null
 * unless the boot order asks to look.
 */
export const closeDoors = (python: Python, bridge: Bridge, { audit }: BootOrder) => {
  mountDevice(python.FS, bridge)
  python.runPython(START)
  const start = python.globals.get('_start') as (audit: boolean) => string | undefined
  const jsObjects = JSON.parse(start(audit) ?? 'null')
  const serve = python.runPython('__import__("_latchkey").serve') as () => void
  python.globals.delete('_start')
  python.setInterruptBuffer(bridge.signals)
  freezeFiles(python.FS)
  stripGlobals()
  shutBridges()
  dropPermissions()
  return { serve, jsObjects }
}
