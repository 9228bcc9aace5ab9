import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { testApp } from '../../../test/app.ts'
import { dialects, type TestPlace, testPlace } from '../../../test/database.ts'
import { File } from './contract.ts'
import { bytesOf, filesOnDisk, pathOf, sha256, someBytes } from './testing.ts'

const PROGRAM = join(import.meta.dirname, '../../../bin/main.js')
const KILLS = { sqlite: 4, postgres: 2 }
const CLIENTS = 4
const MIB = 1024 * 1024
const SIZES = [10, 10_000, 70_000, 3 * MIB, 17 * MIB]
const LONGEST_LIFE_MS = 900

/** A server process of its own on `place`, and where it listens. */
const startServer = async ({ dataDir, url }: TestPlace): Promise<{ child: ChildProcess; address: string }> => {
  const env = {
    PATH: process.env.PATH,
    LATCHKEY_DATA_DIR: dataDir,
    LATCHKEY_PORT: '0',
    LATCHKEY_LOG_LEVEL: 'error',
    LATCHKEY_LIMIT_FILES_PER_MINUTE: '1000000',
    ...(url === undefined ? {} : { LATCHKEY_DATABASE_URL: url }),
  }
  const child = spawn(process.execPath, [PROGRAM, 'serve'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  child.once('exit', () => process.off('exit', endWithUs))
  let said = ''
  for await (const piece of child.stdout.iterator({ destroyOnReturn: false })) {
    said += String(piece)
    const address = /listening on (\S+)/.exec(said)?.[1]
    if (address !== undefined) return { child, address }
  }
  throw new Error(`The server did not start: ${said}`)
}

/** Uploads until the server is gone. `acknowledged` is what it said it has, by id: the hash of the last content. */
const upload = async (
  address: string,
  key: string,
  client: number,
  acknowledged: Map<string, string>,
): Promise<void> => {
  for (let number = 0; ; number += 1) {
    const bytes = someBytes(SIZES[(number + client) % SIZES.length] ?? 0)
    // Every third replaces what came before, so that there is old content to be cleared away.
    const name = number % 3 === 2 ? `again-${client}` : `${client}-${number}-${bytes.subarray(0, 6).toString('hex')}`
    try {
      const headers = { 'x-api-key': key }
      const response = await fetch(new URL(pathOf(name), address), { method: 'PUT', headers, body: bytes })
      const file = File.parse(await response.json())
      acknowledged.set(file.id, file.sha256)
    } catch {
      return
    }
  }
}

for (const dialect of dialects) {
  it(`a killed server loses no file that it acknowledged and keeps no byte of another (${dialect})`, async (t) => {
    const place = await testPlace(dialect)
    t.after(() => place.remove())
    const first = await testApp(dialect, { place })
    const { id: accountId, key } = await first.account()
    await first.stop()
    const acknowledged = new Map<string, string>()

    for (let kills = 0; kills < KILLS[dialect]; kills += 1) {
      const { child, address } = await startServer(place)
      const clients = Array.from({ length: CLIENTS }, (_, client) => upload(address, key, client, acknowledged))
      await wait(100 + Math.random() * LONGEST_LIFE_MS)
      const closed = once(child, 'close')
      child.kill('SIGKILL')
      await Promise.all([closed, ...clients])
    }

    const last = await testApp(dialect, { place })
    const { db } = last.app.core.database
    // As if their leases had run out: no other process is alive.
    await db.updateTable('object_writers').set({ lease_until: 0 }).execute()
    await last.app.files.sweep()
    const rows = await db
      .selectFrom('files')
      .innerJoin('blobs', 'blobs.id', 'blob_id')
      .select(['files.id', 'files.name', 'blobs.size_bytes'])
      .execute()
    for (const { id, name } of rows) {
      const response = await last.fetch(`/api/v1/files/${id}/content`, { headers: { 'x-api-key': key } })
      const bytes = await bytesOf(response)
      assert.equal(response.headers.get('etag'), `"${sha256(bytes).toString('hex')}"`)
      // A replacement that was committed and not acknowledged any more is as good as the one before.
      if (acknowledged.has(id) && !name.startsWith('again-'))
        assert.equal(sha256(bytes).toString('hex'), acknowledged.get(id))
    }
    const stored = new Set(rows.map(({ id }) => id))
    assert.deepEqual(
      [...acknowledged.keys()].filter((id) => !stored.has(id)),
      [],
    )
    const stats = await last.app.files.counters.stats(accountId)
    const sizeBytes = rows.reduce((sum, row) => sum + row.size_bytes, 0)
    assert.deepEqual([stats.totalFiles, stats.totalSizeBytes], [rows.length, sizeBytes])
    const copies = await db.selectFrom('chunk_copies').select('locator').execute()
    const discarded = await db.selectFrom('discarded_objects').select('locator').execute()
    assert.equal((await filesOnDisk(last)).length, copies.length + discarded.length)
    await last.stop()
    t.diagnostic(`${KILLS[dialect]} kills, ${acknowledged.size} files acknowledged, ${rows.length} stored`)
  })
}
