import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import { dialects, type TestPlace, testPlace } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { openDatabase } from '../db/index.ts'
import { startTracing } from './crash.fixture.ts'

const PROGRAM = join(import.meta.dirname, 'crash.fixture.ts')
const KILLS = { sqlite: 15, postgres: 5 }
// On PostgreSQL a survivor must take over while the next one starts.
const SIDE_BY_SIDE = { sqlite: 1, postgres: 2 }
const ACKNOWLEDGED_BEFORE_KILL = 20

/** A process that makes changes; `acknowledged` is what it said was committed. */
const startProcess = ({ dataDir, url }: TestPlace, acknowledged: Set<string>) => {
  const args = url === undefined ? [PROGRAM, dataDir] : [PROGRAM, dataDir, url]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  child.once('exit', () => process.off('exit', endWithUs))
  let said = 0
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) acknowledged.add(line)
    said += lines.length
  })
  return { child, said: () => said }
}

const kill = async (child: ChildProcess): Promise<void> => {
  const closed = once(child, 'close')
  child.kill('SIGKILL')
  await closed
}

for (const dialect of dialects) {
  it(`every job of a committed change runs, however often its process is killed (${dialect})`, async (t) => {
    const place = await testPlace(dialect)
    t.after(() => place.remove())
    const setUp = await openDatabase({ ...place, synchronous: 'FULL', own: false })
    await sql`create table changes (id text primary key)`.execute(setUp.db)
    await sql`create table traces (change_id text)`.execute(setUp.db)
    await setUp.close()
    const acknowledged = new Set<string>()

    const living = Array.from({ length: SIDE_BY_SIDE[dialect] }, () => startProcess(place, acknowledged))
    for (let kills = 0; kills < KILLS[dialect]; kills++) {
      const victim = living.shift() ?? startProcess(place, acknowledged)
      await eventually(() => assert.ok(victim.said() >= ACKNOWLEDGED_BEFORE_KILL), { deadlineMs: 90_000 })
      await wait(Math.random() * 100)
      await kill(victim.child)
      if (living.length < SIDE_BY_SIDE[dialect] - 1 || SIDE_BY_SIDE[dialect] === 1) continue
      if (kills + 1 < KILLS[dialect]) living.push(startProcess(place, acknowledged))
    }
    for (const { child } of living) await kill(child)

    const database = await openDatabase({ ...place, synchronous: 'FULL', own: true })
    const queue = await startTracing(database, place.url)
    await eventually(async () => assert.deepEqual(await database.db.selectFrom('jobs').select('id').execute(), []), {
      deadlineMs: 90_000,
      everyMs: 100,
    })
    const changes = await sql<{ id: string }>`select id from changes`.execute(database.db)
    const traces = await sql<{ change_id: string }>`select change_id from traces`.execute(database.db)
    await queue.stop(0)
    await database.close()
    const committed = new Set(changes.rows.map(({ id }) => id))
    const traced = new Set(traces.rows.map(({ change_id }) => change_id))
    assert.deepEqual(
      [...acknowledged].filter((id) => !committed.has(id)),
      [],
    )
    assert.deepEqual(traced, committed)
    const repeats = traces.rows.length - committed.size
    t.diagnostic(`${KILLS[dialect]} kills, ${committed.size} jobs, 0 lost, ${repeats} ran again`)
  })
}
