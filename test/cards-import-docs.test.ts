import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { it } from 'node:test'
import { promisify } from 'node:util'
import { createKey, createOwner } from './services/owner.ts'
import { spawnLatchkey } from './services/process.ts'
import { tempDir } from './services/temp-dir.ts'

const run = promisify(execFile)
const PAGE = resolve(import.meta.dirname, '../docs/cards-import.md')

it('does what the page about exports and imports says, block by block', { timeout: 120_000 }, async (t) => {
  const folder = tempDir(t)
  const server = spawnLatchkey({ dataDir: join(folder, 'data') })
  t.after(() => server.kill())
  const url = await server.ready
  const { key } = await createKey(url, await createOwner(server))

  const blocks = [...(await readFile(PAGE, 'utf8')).matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block)
  const { stdout } = await run('bash', ['--norc', '-c', `set -euo pipefail\n${blocks.join('\n')}`], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, URL: url, KEY: key },
    timeout: 100_000,
  })

  assert.match(stdout, /"fileName":"links.txt"/)
  assert.equal(blocks.length, 5)
})
