import { constants } from 'node:fs'
import { INSTALL, pythonParts } from '../facade.ts'
import type { BootOrder } from '../frames.ts'
import type { Python } from './pyodide.ts'
import { makeZones } from './zones.ts'

/** Where Python finds the host. */
export const DEVICE = '/dev/host'

const PAGE_BYTES = 65536
const EPERM = 63

/** Imports of the interpreter that reach the system, the network, other code or other processes. */
const FORBIDDEN =
  /^(_emscripten_system|emscripten_run_script.*|emscripten_debugger|emscripten_set_up_async_input_device_js|_dlopen_js|_emscripten_dlopen_js|_dlsym_js|_emscripten_lookup_name|ffi_.*|getaddrinfo|getnameinfo|getprotobyname|__syscall_(socket|bind|connect|listen|accept4|getpeername|getsockname|getsockopt|recvfrom|recvmsg|sendmsg|sendto|pipe|mknodat)|_maybe_.*_async|_try_.*)$/

/** Imports that let Python use JavaScript objects: needed to start, shut afterwards. */
const BRIDGES =
  /^(JsProxy_(?!compute).*|JsvFunction_.*|JsvObject_.*|JsObjMap_.*|JsMap_.*|JsModule_.*|JsvPromise_.*|JsArray_.*|JsBuffer_.*|JsvBuffer_.*|_JsObject_.*|_JsArray_.*|raw_call_js|create_once_callable|create_promise_handles|wrap_.*|emscripten_asm_const_int|syncifyHandler|get_suspender|set_suspender|_agen_handle_result_js|handle_next_result_js)$/

type Imports = { [module: string]: { [name: string]: unknown } }
type GrowableMemory = { readonly buffer: ArrayBuffer; grow(pages: number): number }
/** Node has it, TypeScript knows it from the browser's types only. */
declare const WebAssembly: {
  instantiate(source: unknown, imports?: Imports): Promise<{ instance: { exports: { memory?: unknown } } }>
  Module: new () => object
  Memory: { new (): GrowableMemory; prototype: GrowableMemory }
}

let bridgesOpen = true

/** From here on no JavaScript object can be used from Python, even one that memory corruption would conjure up. */
export const shutBridges = (): void => {
  bridgesOpen = false
}

let heapCap = 0

/** Sets what the linear memory may grow to, in bytes; growing past it is a MemoryError in Python. */
export const capHeap = (bytes: number): void => {
  heapCap = bytes
}

const denied = (): number => -EPERM

const guarded = (original: (...values: unknown[]) => unknown) =>
  function (this: unknown, ...values: unknown[]): unknown {
    if (bridgesOpen) return Reflect.apply(original, this, values)
    throw new Error('JavaScript is not available')
  }

const guardImports = (imports: Imports): void => {
  for (const module of [imports.env, imports.wasi_snapshot_preview1]) {
    for (const [name, value] of Object.entries(module ?? {})) {
      if (typeof value !== 'function') continue
      if (FORBIDDEN.test(name)) module![name] = denied
      else if (BRIDGES.test(name)) module![name] = guarded(value as (...values: unknown[]) => unknown)
    }
  }
}

/** The heap must hold the image before it is copied in, and may never grow past its cap. */
const guardMemory = (imageBytes: number): void => {
  const { instantiate } = WebAssembly
  const { grow } = WebAssembly.Memory.prototype
  WebAssembly.Memory.prototype.grow = function (this: GrowableMemory, pages: number): number {
    if (this.buffer.byteLength + pages * PAGE_BYTES > heapCap) throw new RangeError('out of memory')
    return grow.call(this, pages)
  }
  const patched = async (source: unknown, imports?: Imports) => {
    // The interpreter comes as bytes with imports; Pyodide's small helper modules have none, or come compiled.
    if (imports?.env === undefined || source instanceof WebAssembly.Module) return await instantiate(source, imports)
    guardImports(imports)
    const result = await instantiate(source, imports)
    const { memory } = result.instance.exports
    if (memory instanceof WebAssembly.Memory) {
      const missing = imageBytes - memory.buffer.byteLength
      if (missing > 0) grow.call(memory, Math.ceil(missing / PAGE_BYTES))
    }
    return result
  }
  Object.assign(WebAssembly, { instantiate: patched })
}

const install = (python: Python, { python: files, hostCalls }: BootOrder): void => {
  const values = { ...pythonParts(files), _host_calls: JSON.stringify(hostCalls), _zones: JSON.stringify(makeZones()) }
  for (const [name, value] of Object.entries(values)) python.globals.set(name, value)
  python.runPython(INSTALL)
}

/**
 * Starts the interpreter, from the image where there is one, with our Python files installed.
 *
 * @throws Whatever Pyodide throws; the process is of no use then.
 */
export const bootPython = async (order: BootOrder, image: Uint8Array | null, forImage: boolean): Promise<Python> => {
  // Pyodide asks this deprecated door for constants only, and the permission model keeps it shut.
  Object.assign(process, { binding: () => ({ fs: constants }) })
  capHeap(order.heapBytes)
  guardMemory(image?.length ?? 0)
  const { loadPyodide } = await import(`${order.runtimeDir}pyodide.mjs`)
  const python: Python = await loadPyodide({
    indexURL: order.runtimeDir,
    // What Python would see as `js`.
    jsglobals: Object.create(null),
    env: { HOME: '/', PYTHONHASHSEED: '0', TZ: 'UTC' },
    stdin: () => null,
    stdout: () => {},
    stderr: () => {},
    ...(forImage ? { _makeSnapshot: true } : {}),
    ...(image === null ? {} : { _loadSnapshot: image }),
  })
  if (image === null) install(python, order)
  return python
}
