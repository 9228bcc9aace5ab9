import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Looks for secrets where none may be. Tests that make a key, token or password add it as a line to the file that
 * TEST_CANARY_FILE names; nothing printed or logged during the whole run may hold one of them.
 *
 * @param folder Every file below it is searched.
 * @returns A sentence for each secret and file, with the secret's first characters only.
 */
export const findCanaries = (canaryFile: string, folder: string): string[] => {
  const canaries = readCanaries(canaryFile)
  if (canaries.length === 0) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const text = readFileSync(join(entry.parentPath, entry.name), 'utf8')
      return canaries.filter((canary) => text.includes(canary)).map((canary) => found(canary, entry.name, text))
    })
}

const readCanaries = (path: string): string[] => {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n')
  return [...new Set(lines.map((line) => line.trim()).filter((line) => line !== ''))]
}

const found = (canary: string, file: string, text: string): string => {
  const line = text.slice(0, text.indexOf(canary)).split('\n').length
  return `The secret that begins with ${JSON.stringify(canary.slice(0, 4))} is in ${file}, line ${line}.`
}
