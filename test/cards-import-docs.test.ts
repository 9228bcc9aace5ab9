import assert from 'node:assert/strict'
import { join } from 'node:path'
import { it } from 'node:test'
import { createKey, createOwner } from './services/owner.ts'
import { runPage } from './services/page.ts'
import { spawnLatchkey } from './services/process.ts'
import { tempDir } from './services/temp-dir.ts'

it('does what the page about exports and imports says, block by block', { timeout: 120_000 }, async (t) => {
  const folder = tempDir(t)
  const server = spawnLatchkey({ dataDir: join(folder, 'data') })
  t.after(() => server.kill())
  const url = await server.ready
  const { key } = await createKey(url, await createOwner(server))

  const { stdout, count } = await runPage('cards-import.md', {
    folder,
    env: { URL: url, KEY: key },
    timeoutMs: 100_000,
  })

  assert.match(stdout, /"fileName":"links.txt"/)
  assert.equal(count, 5)
})
