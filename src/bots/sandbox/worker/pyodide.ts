/** The parts of Pyodide's module object that we use and that its types do not describe. */
export interface Heap {
  HEAP8: Int8Array
  FS: FileSystem
  Py_EmscriptenSignalBuffer: unknown
  stackSave?: () => number
  stackRestore?: (at: number) => void
}

export interface Stream {
  fd: number
  position: number
}

export interface FileSystem {
  streams: (Stream | null | undefined)[]
  makedev(major: number, minor: number): number
  registerDevice(device: number, operations: object): void
  mkdev(path: string, mode: number, device: number): void
  unlink(path: string): void
  chdir(path: string): void
  genericErrors?: unknown
  ErrnoError: new (errno: number) => Error
  [name: string]: unknown
}

export interface Python {
  runPython(code: string, options?: { globals?: unknown }): unknown
  setInterruptBuffer(buffer: unknown): void
  makeMemorySnapshot(): Uint8Array
  toPy(value: unknown): unknown
  globals: { get(name: string): unknown; set(name: string, value: unknown): void; delete(name: string): void }
  _module: Heap
  FS: FileSystem
}

/** Ends the process at once, without handlers. Node's types leave it out. */
export const exit: (code: number) => never = (
  process as unknown as { reallyExit(code: number): never }
).reallyExit.bind(process)
