import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A secret of this installation: 32 random bytes in base64url, made at its first use and kept in `secrets/` of the
 * data folder with mode 0600, outside the database, so that a stolen database verifies nothing.
 *
 * Two processes that start at once end up with the same secret: the file is written elsewhere and linked into place,
 * which only one of them can do.
 *
 * @throws when the file is there but unreadable or too short: starting with another secret would void every key.
 */
export const loadSecret = (dataDir: string, name: string): string => {
  const folder = join(dataDir, 'secrets')
  const path = join(folder, name)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const known = read(path)
  if (known !== undefined) return known

  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  const file = openSync(draft, 'wx', 0o600)
  writeSync(file, `${randomBytes(32).toString('base64url')}\n`)
  fsyncSync(file)
  closeSync(file)
  try {
    linkSync(draft, path)
    syncFolder(folder)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    rmSync(draft, { force: true })
  }
  const made = read(path)
  if (made === undefined) throw new Error(`The secret in ${path} cannot be read.`)
  return made
}

const read = (path: string): string | undefined => {
  let text: string
  try {
    text = readFileSync(path, 'utf8').trim()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return undefined
    throw new Error(`The secret in ${path} cannot be read (${code}).`, { cause: error })
  }
  if (text.length < 32) throw new Error(`The secret in ${path} is damaged. Restore it from a backup.`)
  return text
}

const syncFolder = (folder: string): void => {
  const handle = openSync(folder, 'r')
  fsyncSync(handle)
  closeSync(handle)
}
