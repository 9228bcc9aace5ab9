import { Buffer } from 'node:buffer'
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { type BootOrder, IMAGE_HEADER_BYTES } from './frames.ts'
import { startWorker, workerImage } from './process.ts'
import type { EngineLog, HostSignature } from './types.ts'

const PYTHON_DIR = new URL('./python/', import.meta.url)
/** Files of ours besides the Python that shape the image. */
const LOADERS = ['./facade.ts', './worker/boot.ts', './worker/zones.ts']
const MAX_IMAGE_BYTES = 256 * 1024 * 1024
const IMAGE_HEAP_BYTES = 128 * 1024 * 1024
const STALE_MS = 3_600_000

/** What workers start from: the interpreter's package and our own Python files. */
export interface Runtime {
  runtimeDir: string
  python: { [name: string]: string }
  hostCalls: readonly HostSignature[]
  /** Names this very combination of interpreter, Python files and Node. */
  key: string
}

const PackageJson = z.object({ version: z.string() })

/** Reads what the interpreter consists of. */
export const loadRuntime = async (nodePath: string, hostCalls: readonly HostSignature[]): Promise<Runtime> => {
  const packagePath = createRequire(import.meta.url).resolve('pyodide/package.json')
  const { version } = PackageJson.parse(JSON.parse(await readFile(packagePath, 'utf8')))
  const names = (await readdir(PYTHON_DIR)).filter((name) => name.endsWith('.py')).sort()
  const python: Runtime['python'] = {}
  for (const name of names) python[name.slice(0, -3)] = await readFile(new URL(name, PYTHON_DIR), 'utf8')
  const loader = await Promise.all(LOADERS.map((name) => readFile(new URL(name, import.meta.url), 'utf8')))
  const parts = [version, process.version, nodePath, ...loader, JSON.stringify(python), JSON.stringify(hostCalls)]
  const key = createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 24)
  return { runtimeDir: `${dirname(packagePath)}/`, python, hostCalls, key }
}

const hashOf = async (path: string, start: number): Promise<Buffer> => {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { start })) hash.update(chunk)
  return hash.digest()
}

/** @returns Whether the file is there and whole. */
const isWhole = async (path: string): Promise<boolean> => {
  try {
    const file = await open(path)
    const expected = Buffer.alloc(IMAGE_HEADER_BYTES)
    await file.read(expected, 0, IMAGE_HEADER_BYTES, 0).finally(() => file.close())
    return expected.equals(await hashOf(path, IMAGE_HEADER_BYTES))
  } catch {
    return false
  }
}

const buildImage = async (runtime: Runtime, nodePath: string, signal: AbortSignal): Promise<Buffer> => {
  signal.throwIfAborted()
  const order: BootOrder = {
    runtimeDir: runtime.runtimeDir,
    snapshotPath: null,
    python: runtime.python,
    hostCalls: runtime.hostCalls,
    heapBytes: IMAGE_HEAP_BYTES,
    makeImage: true,
    audit: false,
  }
  const worker = startWorker({ nodePath, order, maxFrameBytes: MAX_IMAGE_BYTES })
  signal.addEventListener('abort', () => worker.kill('closed'), { once: true })
  try {
    return await workerImage(worker)
  } finally {
    worker.kill('the image is made')
    await worker.exited
  }
}

/** Written beside, then renamed: whoever reads the name finds all of it, whoever else builds replaces it by the same. */
const store = async (path: string, image: Buffer): Promise<void> => {
  const beside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.new`
  const file = await open(beside, 'wx', 0o600)
  try {
    await file.write(createHash('sha256').update(image).digest())
    await file.writeFile(image)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(beside, path)
}

/** Images of earlier versions, and what a builder left that was killed. */
const removeOthers = async (cacheDir: string, keep: string): Promise<void> => {
  for (const name of await readdir(cacheDir)) {
    if (!name.startsWith('python-') || name === keep) continue
    const path = join(cacheDir, name)
    const age = await stat(path).then(
      (found) => Date.now() - found.mtimeMs,
      () => 0,
    )
    if (age > STALE_MS) await rm(path, { force: true })
  }
}

/**
 * Finds the memory image for this runtime, or makes it: some seconds, once for each version.
 *
 * @returns Its path, or null if it cannot be made or kept; workers then start without, in seconds instead of less than one.
 */
export const ensureImage = async (
  runtime: Runtime,
  { cacheDir, nodePath, log, signal }: { cacheDir: string; nodePath: string; log: EngineLog; signal: AbortSignal },
): Promise<string | null> => {
  const name = `python-${runtime.key}.image`
  const path = join(cacheDir, name)
  if (await isWhole(path)) return path
  const from = performance.now()
  try {
    await mkdir(cacheDir, { recursive: true, mode: 0o700 })
    const image = await buildImage(runtime, nodePath, signal)
    await store(path, image)
    await removeOthers(cacheDir, name)
    log.info({ path, bytes: image.length, ms: Math.round(performance.now() - from) }, 'made the memory image of Python')
    return path
  } catch (error) {
    if (signal.aborted) return null
    log.error({ err: error, path }, 'the memory image of Python could not be made; commands start slowly without it')
    return null
  }
}
