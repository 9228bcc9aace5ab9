import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

export interface WantedProgram {
  /** What it may be called; the first that is there is taken. */
  readonly names: readonly string[]
  /** The Debian package that has it, and sets up no service. */
  readonly packageName: string
  /** What to do where it cannot be installed. */
  readonly help: string
}

/**
 * Where a program is that tests need. On a Debian, as root, it is installed if it is not there.
 *
 * @throws {Error} With what to install.
 */
export const requireProgram = async ({ names, packageName, help }: WantedProgram): Promise<string> => {
  const known = findProgram(names)
  if (known !== undefined) return known
  await installPackage(packageName, help)
  const installed = findProgram(names)
  if (installed === undefined) throw new Error(help)
  return installed
}

const findProgram = (names: readonly string[]): string | undefined => {
  const folders = new Set([...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/usr/local/bin'])
  return names.flatMap((name) => [...folders].map((folder) => join(folder, name))).find(isExecutable)
}

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Does nothing where it cannot: only as root on a Debian. @throws {Error} With `help`, if it should have worked. */
export const installPackage = async (packageName: string, help: string): Promise<void> => {
  if (process.getuid?.() !== 0 || !isExecutable('/usr/bin/apt-get')) return
  console.error(`Installing ${packageName}, which tests need …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const aptGet = (...args: string[]) =>
    promisify(execFile)('/usr/bin/apt-get', ['-q', '-y', '-o', 'DPkg::Lock::Timeout=300', ...args], { env })
  try {
    await aptGet('update')
    await aptGet('install', '--no-install-recommends', packageName)
  } catch (cause) {
    throw new Error(`${packageName} could not be installed. ${help}`, { cause })
  }
}
