import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const ZONES = new URL('../worker/zones.ts', import.meta.url)
const MAKE = `const { makeZones } = await import(process.argv[1]); process.stdout.write(JSON.stringify(makeZones()))`

const Zones = z.record(z.string(), z.string())

// Seconds of computing, so not in this process.
const make = async (): Promise<string> => {
  const args = ['--no-warnings', '--input-type=module', '-e', MAKE, fileURLToPath(ZONES)]
  const child = spawn(process.execPath, args, { env: {}, stdio: ['ignore', 'pipe', 'ignore'] })
  return await text(child.stdout)
}

/**
 * The time zones of the other engine, so that both know the same: kept in a file, because they take seconds to make.
 *
 * @returns JSON, each zone's file in base64 by its name.
 */
export const loadZones = async (cacheDir: string): Promise<string> => {
  const hash = createHash('sha256')
    .update(process.version)
    .update(await readFile(ZONES))
  const path = join(cacheDir, `zones-${hash.digest('hex').slice(0, 24)}.json`)
  const kept = await readFile(path, 'utf8').catch(() => '')
  if (isZones(kept)) return kept
  const made = await make()
  if (!isZones(made)) throw new Error('the time zones could not be made')
  await keep(cacheDir, path, made).catch(() => {
    // A folder that cannot be written to costs the next start these seconds again.
  })
  return made
}

const isZones = (json: string): boolean => {
  try {
    return Zones.safeParse(JSON.parse(json)).success
  } catch {
    return false
  }
}

const keep = async (cacheDir: string, path: string, json: string): Promise<void> => {
  await mkdir(cacheDir, { recursive: true, mode: 0o700 })
  const beside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.new`
  await writeFile(beside, json, { mode: 0o600 })
  await rename(beside, path)
}
