import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { testApp } from '../../../test/app.ts'
import { dialects, type TestPlace, testPlace } from '../../../test/database.ts'
import { type LatchkeyProcess, spawnLatchkey } from '../../../test/services/process.ts'
import { createClient } from '../../client/index.ts'
import { listCards } from '../cards/contract.ts'
import { createCardImport, getCardImport } from './contract.ts'
import { zipOf } from './testing.ts'

// A lease on PostgreSQL runs out in its own time.
const KILLS = { sqlite: 4, postgres: 1 }
const NOTES = 1500
const FILES = 40

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const bytesOf = (number: number): Buffer => Buffer.alloc(70_000, `file ${number} `)

/** Notes with some files among them, and the figures of both. */
const archiveOf = () => {
  const moment = (number: number) => ({ epochMs: 1_700_000_000_000 + number })
  const cards = Array.from({ length: NOTES + FILES }, (_, number) => {
    const common = { id: `origin ${number}`, tags: ['a', 'b'], isFavorited: false, createdAt: moment(number) }
    if (number % Math.floor(NOTES / FILES) !== 0 || number >= NOTES)
      return { ...common, type: 'text', content: `Note ${number}` }
    const file = { path: `files/${number}.bin`, fileName: `${number}.bin`, mimeType: 'application/octet-stream' }
    return { ...common, type: 'document', content: '', file }
  })
  const files = cards.flatMap((card, number) => ('file' in card ? [[card.file.path, bytesOf(number)] as const] : []))
  return { cards, archive: zipOf([['cards.json', JSON.stringify(cards)], ...files]) }
}

const start = async ({ dataDir, url }: TestPlace): Promise<LatchkeyProcess> => {
  const server = spawnLatchkey({
    dataDir,
    env: { LATCHKEY_LIMIT_CARDS_PER_MINUTE: '1000000', ...(url === undefined ? {} : { LATCHKEY_DATABASE_URL: url }) },
  })
  await server.ready
  return server
}

for (const dialect of dialects) {
  it(`an import whose process is killed goes on, and saves no card twice (${dialect})`, {
    timeout: 300_000,
  }, async (t) => {
    const place = await testPlace(dialect)
    t.after(() => place.remove())
    const first = await testApp(dialect, { place })
    const { key } = await first.account()
    await first.stop()
    let server = await start(place)
    t.after(() => server.kill('SIGKILL'))
    const client = () => createClient({ baseUrl: server.url, key })
    const { cards, archive } = archiveOf()

    const { id } = await client().call(createCardImport, { body: await archive })
    const look = () => client().call(getCardImport, { params: { id } })
    const deadline = Date.now() + 240_000
    const seen: number[] = []
    for (let kills = 0; kills < KILLS[dialect]; kills += 1) {
      const before = seen.at(-1) ?? 0
      let report = await look()
      while (report.processed <= before && report.state !== 'done') {
        assert.ok(Date.now() < deadline, `It stays at ${report.processed}.`)
        await wait(5)
        report = await look()
      }
      await server.kill('SIGKILL')
      seen.push(report.processed)
      server = await start(place)
    }
    let report = await look()
    while (report.state !== 'done') {
      assert.ok(Date.now() < deadline, `It is ${report.state} at ${report.processed}.`)
      await wait(50)
      report = await look()
    }

    assert.deepEqual([report.created, report.duplicates, report.invalid], [cards.length, 0, 0])
    assert.ok((seen[0] ?? 0) > 0 && (seen[0] ?? 0) < cards.length, `killed at ${seen.join(', ')} of ${cards.length}`)
    const found = await everyCard(client())
    assert.equal(found.length, cards.length)
    assert.deepEqual(
      found.map(({ content }) => content),
      cards.map(({ content }) => content),
    )
    for (const [number, card] of found.entries()) {
      if (card.type !== 'document') continue
      const bytes = new Uint8Array(await (await fetch(card.fileUrl ?? '')).arrayBuffer())
      assert.equal(sha256(bytes), sha256(bytesOf(number)))
    }
    t.diagnostic(`killed at ${seen.join(', ')} of ${cards.length}`)
  })
}

const everyCard = async (client: ReturnType<typeof createClient>) => {
  const found = []
  let cursor: string | undefined
  do {
    const query = {
      limit: 100,
      sort: 'oldest' as const,
      include: 'metadata',
      ...(cursor === undefined ? {} : { cursor }),
    }
    const { items, pageInfo } = await client.call(listCards, { query })
    found.push(...items)
    cursor = pageInfo.nextCursor ?? undefined
  } while (cursor !== undefined)
  return found
}
