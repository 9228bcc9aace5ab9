import assert from 'node:assert/strict'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { SETTINGS } from '../src/platform/config/index.ts'
import { listening } from './services/listening.ts'
import { createKey, createOwner } from './services/owner.ts'
import { blocksOf, runPage } from './services/page.ts'
import { spawnLatchkey } from './services/process.ts'
import { tempDir } from './services/temp-dir.ts'

const PAGE = 'cards.md'

/** A model that finds a dessert in everything. */
const modelServer = async (t: TestContext): Promise<string> => {
  const content = JSON.stringify({ tags: ['dessert'], summary: 'How to whisk a sabayon.' })
  const url = await listening({ after: (end) => t.after(end) }, (request, response) => {
    request.resume()
    response.end(JSON.stringify({ choices: [{ message: { content } }] }))
  })
  return `${url}/v1`
}

it('does what the page about cards says, block by block', { timeout: 150_000 }, async (t) => {
  const folder = tempDir(t)
  const ai = { LATCHKEY_AI_BASE_URL: await modelServer(t), LATCHKEY_AI_MODEL: 'any' }
  // No link of the page is fetched: nobody serves pages on this port.
  const server = spawnLatchkey({ dataDir: join(folder, 'data'), env: { ...ai, LATCHKEY_FETCH_PORTS: '1' } })
  t.after(() => server.kill())
  const url = await server.ready
  const { key } = await createKey(url, await createOwner(server), { kind: 'cards' })

  const { stdout, count } = await runPage(PAGE, { folder, env: { URL: url, KEY: key }, timeoutMs: 120_000 })

  assert.match(stdout, /"aiTags":\["dessert"\]/)
  assert.equal(count, 14)
})

it('shows settings that there are, and a configuration that is one', async () => {
  const [settings = ''] = await blocksOf(PAGE, 'ini')
  const [mcp = ''] = await blocksOf(PAGE, 'json')

  for (const [, name = ''] of settings.matchAll(/^LATCHKEY_(\w+?)(?:_FILE)?=/gm)) assert.ok(name in SETTINGS, name)
  assert.deepEqual(Object.keys(JSON.parse(mcp)), ['mcpServers'])
})
