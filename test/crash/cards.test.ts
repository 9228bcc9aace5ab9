import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { png } from '../../src/files/thumbnails/testing.ts'
import { pdf } from '../hostile-cards/bombs.ts'
import { children } from '../hostile-cards/children.ts'
import { eventually } from '../services/eventually.ts'
import { createKey, createOwner, postJson } from '../services/owner.ts'
import { type LatchkeyProcess, spawnLatchkey } from '../services/process.ts'
import { tempDir } from '../services/temp-dir.ts'

const KILLS = Math.max(20, Number(process.env.TEST_CRASH_ROUNDS ?? 0))
/** Between two looks for whether all has been settled after so many kills. */
const LOOK_MS = 200

const Page = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      type: z.string(),
      metadataStatus: z.string().nullable(),
      linkPreviewImageUrl: z.string().nullable(),
      thumbnailUrl: z.string().nullable(),
    }),
  ),
  pageInfo: z.object({ nextCursor: z.string().nullable() }),
})
type Item = z.infer<typeof Page>['items'][number]
const Announced = z.object({ uploadUrl: z.string(), fileKey: z.string() })

let painted = 0
/** Each another one, so that none is known by its bytes. */
const picture = (): Buffer => {
  painted += 1
  const shade = painted % 200
  return png(320, 240, (x, y) => [shade, (x * y) % 256, y % 256, 255])
}

/** Pages that take a moment, with a picture and an icon that take another. */
const openSite = async (): Promise<string> => {
  const image = picture()
  const server = createServer(async (request, response) => {
    await wait(Math.random() * 60)
    if (request.url?.endsWith('.png')) return void response.end(image)
    const head = '<meta property="og:image" content="/image.png"><link rel="icon" href="/icon.png">'
    response.setHeader('content-type', 'text/html')
    response.end(
      `<title>Page ${request.url}</title>${head}<article><p>${'Words of the page. '.repeat(200)}</p></article>`,
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The site does not listen.')
  return `http://127.0.0.1:${address.port}`
}

const PAPER = pdf(
  '<< /Type /Catalog /Pages 2 0 R >>',
  '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
  '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
  '<< /Length 44 >>\nstream\nBT /F1 24 Tf 72 700 Td (Words on paper) Tj ET\nendstream',
  '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
)

it(`cards are processed to their end whenever ${KILLS} kills hit, and leave no picture behind`, async (t) => {
  const startedAt = performance.now()
  const dataDir = join(tempDir(t), 'data')
  const site = await openSite()
  let server = start(dataDir)
  t.after(() => server.kill('SIGKILL'))
  await server.ready
  const { key } = await createKey(server.url, await createOwner(server))
  const authorization = `Bearer ${key}`
  const saved = new Set<string>()
  /** Processes that read documents and images when their server was killed. */
  const helpers = new Set<number>()
  let number = 0
  let interrupted = 0

  for (let kill = 0; kill < KILLS; kill += 1) {
    // Every other one dies while it takes over from the one before, ready or not.
    if (kill % 2 === 0) {
      await server.ready
      number += 1
      await saveSome(server.url, authorization, site, number, saved)
      await wait(Math.random() * 400)
    } else await wait(100 + Math.random() * 900)
    for (const { pid } of children(server.pid)) helpers.add(pid)
    await server.kill('SIGKILL')
    interrupted += runningCards(dataDir)
    change(dataDir, (database) => database.exec(NEXT_TURN))
    server = start(dataDir)
  }
  await server.ready
  const killedAt = performance.now()
  server = await untilSettled(server, dataDir, authorization)

  const cards = await listAll(server.url, authorization)
  for (const id of saved)
    assert.ok(
      cards.some((card) => card.id === id),
      'a card is gone',
    )
  assert.deepEqual(
    cards.filter(({ type, metadataStatus }) => type !== 'text' && metadataStatus !== 'completed'),
    [],
  )
  for (const { type, linkPreviewImageUrl, thumbnailUrl } of cards) {
    const address = type === 'link' ? linkPreviewImageUrl : type === 'image' ? thumbnailUrl : undefined
    if (address !== undefined) assert.equal((await fetch(address ?? 'no://address')).status, 200)
  }
  assert.ok(interrupted > 0, 'no kill has hit the work on a card')
  await eventually(() => assert.deepEqual([...helpers].filter(isAlive), []))
  assert.deepEqual(leftovers(dataDir), NO_LEFTOVERS)
  const settledAt = performance.now()
  server = await sweepsWhatIsPut(server, dataDir)
  assert.deepEqual(await server.kill(), { code: 0, signal: null })
  assert.deepEqual(leftovers(dataDir), NO_LEFTOVERS)
  const seconds = (ms: number): number => Math.round(ms / 1000)
  t.diagnostic(
    `${KILLS} kills over ${cards.length} cards in ${seconds(killedAt - startedAt)} s interrupted ${interrupted} jobs and ` +
      `${helpers.size} helpers; all was settled after ${seconds(settledAt - killedAt)} s more`,
  )
})

const start = (dataDir: string): LatchkeyProcess =>
  spawnLatchkey({
    dataDir,
    env: {
      LATCHKEY_FETCH_ALLOW: '127.0.0.1',
      LATCHKEY_LIMIT_CARDS_PER_MINUTE: '1000000',
      LATCHKEY_LIMIT_CARD_CREATION_PER_MINUTE: '0',
      LATCHKEY_SQLITE_SYNC: 'NORMAL',
    },
  })

/** A link, an image and a document. */
const saveSome = async (url: string, authorization: string, site: string, number: number, saved: Set<string>) => {
  const save = async (body: object): Promise<void> => {
    const answer: unknown = await (await postJson(url, '/v1/cards', body, { authorization })).json()
    saved.add(z.object({ cardId: z.string() }).parse(answer).cardId)
  }
  const saveFile = async (fileName: string, mimeType: string, bytes: Buffer): Promise<void> => {
    const about = { fileName, mimeType, fileSize: bytes.length }
    const { uploadUrl, fileKey } = Announced.parse(
      await (await postJson(url, '/v1/uploads', about, { authorization })).json(),
    )
    // The address is the one under which the server before this one was reached, if it was announced to that.
    const sent = await fetch(uploadUrl, {
      method: 'PUT',
      headers: { 'content-type': mimeType },
      body: Uint8Array.from(bytes),
    })
    assert.equal(sent.status, 200)
    await save({ fileKey, fileName, mimeType })
  }
  await Promise.all([
    save({ url: `${site}/${number}` }),
    saveFile(`${number}.png`, 'image/png', picture()),
    saveFile(`${number}.pdf`, 'application/pdf', PAPER),
  ])
}

const listAll = async (url: string, authorization: string): Promise<Item[]> => {
  const items: Item[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const path = `/v1/cards?limit=100&include=metadata,processing${query}`
    const response = await fetch(new URL(path, url), { headers: { authorization } })
    const page = Page.parse(await response.json())
    items.push(...page.items)
    cursor = page.pageInfo.nextCursor
  }
  return items
}

/** Between two processes: whoever waits for a turn has it, for an account may have few cards processed in a minute. */
const NEXT_TURN = "update jobs set run_at = 0 where state = 'delayed'; update card_processing set granted_at = 1"

/**
 * Half an hour passes: the duty comes round that takes up what was lost with its job, which a card needs that has met
 * more kills than its job has attempts.
 */
const HALF_AN_HOUR = `${NEXT_TURN}; update card_processing set touched_at = 1 where state = 'pending';
  update leases set owner = null, held_until = 0 where name like 'every:cards.%'`

const runningCards = (dataDir: string): number =>
  look(dataDir, "select count(*) as count from jobs where name = 'cards.process' and state = 'running'")

const waitingCards = (dataDir: string): number =>
  look(dataDir, "select count(*) as count from jobs where name = 'cards.process' and state in ('running', 'ready')")

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const untilSettled = async (
  first: LatchkeyProcess,
  dataDir: string,
  authorization: string,
): Promise<LatchkeyProcess> => {
  let server = first
  const deadline = Date.now() + 90_000
  for (;;) {
    const open = (await listAll(server.url, authorization)).filter(({ metadataStatus }) => metadataStatus === 'pending')
    if (open.length === 0) return server
    assert.ok(Date.now() < deadline, `${open.length} cards are never settled: ${server.stderr()}`)
    await wait(LOOK_MS)
    if (waitingCards(dataDir) > 0) continue
    await server.kill('SIGKILL')
    change(dataDir, (database) => database.exec(HALF_AN_HOUR))
    server = start(dataDir)
    await server.ready
  }
}

/** Pictures that no card has any more are put there, as an older version may have left them, and the duty comes round. */
const sweepsWhatIsPut = async (server: LatchkeyProcess, dataDir: string): Promise<LatchkeyProcess> => {
  await server.kill()
  change(dataDir, (database) => {
    database.exec(`insert into card_previews (id, card_number, kind, media_type, size_bytes, created_at)
      select 'prev_lost', card_number, 'image', 'image/png', 1, 1 from card_processing limit 1`)
    database.exec("insert into card_preview_parts (preview_id, position, bytes) values ('prev_lost', 0, x'00')")
    database.exec(`insert into thumbnails (sha256, edge, blob_id, content, size_bytes, used_at)
      values (x'00', 256, 'blob_lost', x'00', 1, 1)`)
    database.exec("update leases set owner = null, held_until = 0 where name like 'every:%'")
  })
  assert.notDeepEqual(leftovers(dataDir), NO_LEFTOVERS)
  const next = start(dataDir)
  await next.ready
  await eventually(() => assert.deepEqual(leftovers(dataDir), NO_LEFTOVERS))
  return next
}

const change = (dataDir: string, work: (database: DatabaseSync) => void): void => {
  const database = new DatabaseSync(join(dataDir, 'latchkey.db'), { timeout: 5000 })
  work(database)
  database.close()
}

const look = (dataDir: string, query: string): number => {
  const database = new DatabaseSync(join(dataDir, 'latchkey.db'), { readOnly: true, timeout: 5000 })
  const count = Number(database.prepare(query).get()?.count)
  database.close()
  return count
}

const NO_LEFTOVERS = { previews: 0, parts: 0, thumbnails: 0, missing: 0 }

/** What belongs to nothing, and what should be there and is not. */
const leftovers = (dataDir: string): Record<string, number> => ({
  previews: look(
    dataDir,
    `select count(*) as count from card_previews p where not exists (select 1 from card_processing c
      where c.card_number = p.card_number and instr(c.found, '"' || p.id || '"') > 0)`,
  ),
  parts: look(
    dataDir,
    `select count(*) as count from card_preview_parts a where not exists
      (select 1 from card_previews p where p.id = a.preview_id)`,
  ),
  thumbnails: look(
    dataDir,
    `select count(*) as count from thumbnails t where not exists
      (select 1 from files f where f.blob_id = t.blob_id)`,
  ),
  missing: look(
    dataDir,
    `select count(*) as count from card_processing c, json_each(json_array(
      json_extract(c.found, '$.imageId'), json_extract(c.found, '$.iconId'))) wanted where wanted.value is not null
      and not exists (select 1 from card_previews p where p.id = wanted.value)`,
  ),
})
