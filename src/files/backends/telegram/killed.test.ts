import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { it } from 'node:test'
import { eventually } from '../../../../test/services/eventually.ts'
import { CHANNEL, collect, documentsIn, telegramSetting } from './testing.ts'

const PROGRAM = join(import.meta.dirname, 'killed.fixture.ts')
const KILLS = 4
const ACKNOWLEDGED_BEFORE_KILL = 6

// Each process gets at once what the one before it held for ninety seconds, or this would take minutes.
it('what was acknowledged is there, and nothing twice, however often the process is killed', async (t) => {
  const { place, backend, dataDir } = await telegramSetting(t)
  const [bot] = place.bots
  const acknowledged = new Set<string>()
  place.emulator.setSpeed({ backbone: 2_000_000 })

  for (let kills = 0; kills < KILLS; kills++) {
    const child = spawn(process.execPath, [PROGRAM, dataDir, place.apiRoot, bot?.token ?? ''], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.after(() => child.kill('SIGKILL'))
    let [text, said] = ['', 0]
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      const lines = text.split('\n')
      text = lines.pop() ?? ''
      said += lines.length
      for (const line of lines) acknowledged.add(line)
    })
    await eventually(() => assert.ok(said >= ACKNOWLEDGED_BEFORE_KILL))
    const closed = once(child, 'close')
    child.kill('SIGKILL')
    await closed
  }

  // This process has the lane now, so what the killed ones were sending is its to find.
  place.emulator.setSpeed({ backbone: null })
  await backend.put('chunk_last', oneByte(), 1)
  await backend.maintain()
  await backend.maintain()
  const listed = (await Array.fromAsync(backend.list?.() ?? [])).map(({ locator }) => locator)
  assert.deepEqual(
    [...acknowledged].filter((id) => !listed.includes(id)),
    [],
  )
  // Every document in the channel is an object, and every object is one document.
  assert.equal(documentsIn(place.emulator, bot?.id ?? 0, CHANNEL).length, listed.length)
  for (const id of [...acknowledged].slice(0, 5)) assert.equal((await collect(backend, id, 0, 19_999)).length, 20_000)
  t.diagnostic(`${KILLS} kills, ${acknowledged.size} acknowledged, ${listed.length - acknowledged.size - 1} adopted`)
})

async function* oneByte(): AsyncIterable<Buffer> {
  yield Buffer.from('x')
}
