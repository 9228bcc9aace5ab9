import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const HELP =
  'Tests need rclone. Install it (Debian, Ubuntu: `apt-get install rclone`; elsewhere https://rclone.org/install/).'

/** Where rclone is. On a Debian, as root, it is installed if it is not there. @throws {Error} With what to install. */
export const rcloneProgram = async (): Promise<string> => {
  if (findProgram() === undefined) await install()
  const program = findProgram()
  if (program === undefined) throw new Error(HELP)
  return program
}

const findProgram = (): string | undefined => {
  const folders = new Set([...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'])
  return [...folders].map((folder) => join(folder, 'rclone')).find(isExecutable)
}

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const install = async (): Promise<void> => {
  if (process.getuid?.() !== 0 || !isExecutable('/usr/bin/apt-get')) return
  console.error('Installing rclone, for the tests of WebDAV …')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const aptGet = (...args: string[]) =>
    promisify(execFile)('/usr/bin/apt-get', ['-q', '-y', '-o', 'DPkg::Lock::Timeout=300', ...args], { env })
  try {
    await aptGet('update')
    await aptGet('install', '--no-install-recommends', 'rclone')
  } catch (cause) {
    throw new Error(`rclone could not be installed. ${HELP}`, { cause })
  }
}
