import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const DOCS = resolve(import.meta.dirname, '../../docs')

export interface PageOptions {
  /** Where the blocks run, and what they have for a home. */
  readonly folder: string
  /** All that the blocks see of the environment, besides PATH and HOME. */
  readonly env: Readonly<Record<string, string>>
  /** PATH, where it is not our own. */
  readonly path?: string
  readonly timeoutMs: number
}

/** The blocks of a page of the docs that are of one language, in their order. */
export const blocksOf = async (page: string, language: string): Promise<string[]> => {
  const text = await readFile(resolve(DOCS, page), 'utf8')
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, name, block = '']) =>
    name === language ? [block] : [],
  )
}

/**
 * Runs all `sh` blocks of a page as one script that ends with the first command that fails.
 *
 * @returns What they printed, and how many there are.
 * @throws {Error} With what the failed command printed.
 */
export const runPage = async (page: string, { folder, env, path = process.env.PATH ?? '', timeoutMs }: PageOptions) => {
  const blocks = await blocksOf(page, 'sh')
  const { stdout } = await run('bash', ['--norc', '-c', `set -euo pipefail\n${blocks.join('\n')}`], {
    cwd: folder,
    env: { PATH: path, HOME: folder, ...env },
    timeout: timeoutMs,
  })
  return { stdout, count: blocks.length }
}
