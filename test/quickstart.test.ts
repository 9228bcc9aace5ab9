import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { it } from 'node:test'
import { promisify } from 'node:util'
import { spawnLatchkey } from './services/process.ts'
import { tempDir } from './services/temp-dir.ts'

const run = promisify(execFile)
const DOCS = resolve(import.meta.dirname, '../docs')

/** The shell blocks of a page, in order, as one script. */
const scriptOf = async (page: string): Promise<string> => {
  const text = await readFile(join(DOCS, page), 'utf8')
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block).join('\n')
}

it('does what the quickstart says, block by block', async (t) => {
  const folder = tempDir(t)
  const server = spawnLatchkey({ dataDir: join(folder, 'data') })
  t.after(() => server.kill())
  const url = await server.ready
  const token = /\/setup#t=(\w+)/.exec(server.stdout())?.[1] ?? ''

  const script = await scriptOf('quickstart.md')
  const { stderr } = await run('bash', ['--norc', '-c', `set -euo pipefail\n${script}`], {
    cwd: folder,
    env: { PATH: process.env.PATH, URL: url, TOKEN: token },
    timeout: 180_000,
  })

  assert.equal(stderr, '')
  assert.equal((script.match(/^curl |\(curl /gm) ?? []).length, 13)
})
