import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'

const ASK_MS = 10_000
const OLDEST = [3, 11]
const ASK = `import json, sys, ctypes, _posixsubprocess, resource
print(json.dumps({"version": list(sys.version_info[:3]), "path": sys.executable}))`

const Answer = z.object({ version: z.array(z.number()).length(3), path: z.string().min(1) })

/** Flags of every Python that we start: no variables, no site packages, no bytecode written, UTF-8 everywhere. */
export const PYTHON_FLAGS = ['-I', '-S', '-B', '-X', 'utf8']

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const ask = async (path: string): Promise<string> => {
  const options = { env: {}, timeout: ASK_MS, killSignal: 'SIGKILL' as const, cwd: '/' }
  const { stdout } = await promisify(execFile)(path, [...PYTHON_FLAGS, '-c', ASK], options)
  const answer = Answer.parse(JSON.parse(stdout))
  const [major = 0, minor = 0] = answer.version
  if (major !== OLDEST[0] || minor < OLDEST[1]!)
    throw new Error(`is Python ${answer.version.join('.')}, older than 3.11`)
  return answer.path
}

/**
 * Finds a Python that can be the zygote. What is on the PATH may be a script that finds the real one by variables, which
 * a zygote has none of, so each candidate is asked the way it would be started.
 *
 * @param name A path, or a name that is looked for in `searchPath`.
 * @returns The absolute path of the executable.
 * @throws {Error} With what was wrong with each.
 */
export const findPython = async (name: string, searchPath: string): Promise<string> => {
  const folders = [...searchPath.split(delimiter).filter(isAbsolute), '/usr/bin', '/usr/local/bin']
  const candidates = isAbsolute(name) ? [name] : [...new Set(folders.map((folder) => join(folder, name)))]
  const problems: string[] = []
  for (const path of candidates.filter(isExecutable)) {
    try {
      return await ask(path)
    } catch (error) {
      problems.push(`${path} ${error instanceof Error ? error.message.split('\n')[0] : 'does not answer'}`)
    }
  }
  throw new Error(problems.length > 0 ? problems.join('; ') : `there is no ${name}`)
}
