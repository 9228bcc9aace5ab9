import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { eventually } from '../../../../test/services/eventually.ts'
import { STRICT } from '../../../platform/telegram/emulator/flood.ts'
import type { TelegramBackend } from './telegram.ts'
import {
  CHANNEL,
  documentsIn,
  oneOf,
  SECOND_CHANNEL,
  type SettingOptions,
  type TelegramPlace,
  telegramSetting,
} from './testing.ts'

/** A hundredth of real time: long enough for waits to show, and a minute is over in 0.6 s. */
const SLOW = { timeScale: 0.01 }
const SECOND_MS = 10

const setUp = (t: TestContext, options: SettingOptions = {}) => telegramSetting(t, { emulator: SLOW, ...options })

/** Every document that was sent: by whom, where to, when it was answered, and with which status. */
const watchSending = ({ emulator }: TelegramPlace) => {
  const sent: { lane: string; startMs: number; endMs: number; status: number }[] = []
  emulator.onCall(({ botId, method, params, status, durationMs }) => {
    if (method !== 'sendDocument') return
    const endMs = performance.now()
    sent.push({ lane: `${botId}:${params.chat_id}`, startMs: endMs - durationMs, endMs, status })
  })
  return sent
}

const putMany = (backend: TelegramBackend, count: number, sizeBytes = 100, prefix = 'chunk') =>
  Promise.all(
    Array.from({ length: count }, (_, n) => backend.put(`${prefix}_${n}`, oneOf(randomBytes(sizeBytes)), sizeBytes)),
  )

const tooMany = (retryAfterSeconds: number) => ({
  errorCode: 429,
  description: `Too Many Requests: retry after ${retryAfterSeconds}`,
  retryAfterSeconds,
})

describe('telegram lanes', () => {
  it('send nothing where Telegram said to wait, for as long as it said', async (t) => {
    const { place, backend } = await setUp(t, { botCount: 2, chats: [CHANNEL, SECOND_CHANNEL] })
    const sent = watchSending(place)
    place.emulator.failNext('sendDocument', tooMany(30), 1)

    const locators = await putMany(backend, 20)

    assert.equal(new Set(locators).size, 20)
    const [refused] = sent.filter(({ status }) => status === 429)
    assert.ok(refused !== undefined)
    const tooEarly = sent.filter(
      ({ lane, startMs }) =>
        lane === refused.lane && startMs > refused.endMs + 20 && startMs < refused.endMs + 30 * SECOND_MS - 5,
    )
    assert.deepEqual(tooEarly, [])
    assert.equal(
      (await backend.figures()).lanes.reduce((sum, { floodWaits }) => sum + floodWaits, 0),
      1,
    )
  })

  it('keep within the limits of the public server, and nobody is refused', async (t) => {
    const emulator = { ...SLOW, flood: STRICT }
    const { place, backend } = await setUp(t, { botCount: 2, chats: [CHANNEL, SECOND_CHANNEL], emulator })
    const sent = watchSending(place)

    const locators = await putMany(backend, 60, 100_001)

    assert.equal(new Set(locators).size, 60)
    assert.deepEqual(
      sent.filter(({ status }) => status !== 200),
      [],
    )
  })

  it('halve their rate with each refusal, and remember it over a restart', async (t) => {
    const { place, backend, open } = await setUp(t)
    place.emulator.failNext('sendDocument', tooMany(100), 1)
    const put = backend.put('chunk_1', oneOf(Buffer.from('x')), 1)
    await eventually(async () => assert.equal((await backend.figures()).lanes[0]?.allowedPerMinute, 9))
    await backend.close()
    await assert.rejects(put, { code: 'BACKEND_UNAVAILABLE' })
    const sent = watchSending(place)

    const again = await open({ maxWaitMs: 10 })

    const figures = (await again.figures()).lanes.find(({ chatId }) => chatId === CHANNEL)
    assert.equal(figures?.allowedPerMinute, 9)
    assert.ok(Date.parse(figures?.nextFreeAt ?? '') > Date.now())
    await assert.rejects(again.put('chunk_2', oneOf(Buffer.from('x')), 1), { code: 'BACKEND_UNAVAILABLE' })
    assert.deepEqual(sent, [])
  })

  it('all stop when half of them were stopped', async (t) => {
    const { place, backend } = await setUp(t, { botCount: 2, chats: [CHANNEL, SECOND_CHANNEL] })
    const sent = watchSending(place)
    await putMany(backend, 8, 10, 'warm')
    place.emulator.failNext('sendDocument', tooMany(40), 2)

    await putMany(backend, 12)

    const [, second] = sent.filter(({ status }) => status === 429)
    assert.ok(second !== undefined)
    const during = sent.filter(
      ({ startMs }) => startMs > second.endMs + 20 && startMs < second.endMs + 40 * SECOND_MS - 15,
    )
    assert.deepEqual(during, [])
  })

  it('say how long to wait to whom cannot wait so long', async (t) => {
    const { place, backend } = await setUp(t, { maxWaitMs: 200 })
    place.emulator.failNext('sendDocument', tooMany(100), 1)

    const put = backend.put('chunk_1', oneOf(Buffer.from('x')), 1)

    await assert.rejects(put, (error: unknown) => {
      assert.ok(error instanceof Error && 'code' in error && 'retryAfterSeconds' in error)
      assert.equal(error.code, 'BACKEND_UNAVAILABLE')
      assert.ok(Number(error.retryAfterSeconds) >= 1)
      return true
    })
  })

  it('let those go first for whom somebody is waiting', async (t) => {
    const { place, backend } = await setUp(t)
    const order: string[] = []
    const put = (id: string, background: boolean) =>
      backend.put(id, oneOf(Buffer.from(id)), id.length, { background }).then(() => order.push(id))
    await putMany(backend, 2, 10, 'warm')
    const copies = Array.from({ length: 5 }, (_, n) => put(`copy_${n}`, true))

    await Promise.all([...copies, put('person_1', false), put('person_2', false)])

    // One copy may have had its turn already.
    assert.ok(order.indexOf('person_2') <= 3, order.join())
    assert.equal(documentsIn(place.emulator, place.bots[0]?.id ?? 0, CHANNEL).length, 9)
  })

  it('never have more than four documents of a bot on their way', async (t) => {
    const { place, backend } = await setUp(t, { emulator: { timeScale: 0.0001 } })
    place.emulator.delayNext('sendDocument', 30, 12)
    let [now, most] = [0, 0]
    const counted = async function* (bytes: Buffer) {
      now += 1
      most = Math.max(most, now)
      yield bytes
    }

    await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        backend.put(`chunk_${n}`, counted(Buffer.from('x')), 1).finally(() => {
          now -= 1
        }),
      ),
    )

    assert.ok(most <= 4, `${most}`)
    assert.ok(most >= 2, `${most}`)
  })

  it('go over to the next channel when one is full', async (t) => {
    const { place, backend } = await setUp(t, { chats: [CHANNEL, SECOND_CHANNEL], maxObjects: 3 })

    await putMany(backend, 6)

    const [bot] = place.bots
    assert.equal(documentsIn(place.emulator, bot?.id ?? 0, CHANNEL).length, 3)
    assert.equal(documentsIn(place.emulator, bot?.id ?? 0, SECOND_CHANNEL).length, 3)
    const { channels } = await backend.figures()
    assert.deepEqual(
      channels.map(({ full }) => full),
      [true, true],
    )
    await assert.rejects(backend.put('chunk_7', oneOf(Buffer.from('x')), 1), { code: 'BACKEND_UNAVAILABLE' })
  })

  it('belong to one process at a time, and go over when it gives them up', async (t) => {
    const { place, backend, open } = await setUp(t, { leaseMs: 3000 })
    const other = await open()
    await backend.put('chunk_1', oneOf(Buffer.from('x')), 1)
    const waiting = other.put('chunk_2', oneOf(Buffer.from('y')), 1)
    const state = async (one: TelegramBackend) =>
      (await one.figures()).lanes.find(({ chatId }) => chatId === CHANNEL)?.state
    await eventually(async () => assert.equal((await other.figures()).waiting, 1))
    assert.equal(await state(other), 'elsewhere')

    await backend.close()
    await waiting

    assert.notEqual(await state(other), 'elsewhere')
    assert.equal(documentsIn(place.emulator, place.bots[0]?.id ?? 0, CHANNEL).length, 2)
  })

  it('are shared by two processes that send at the same time, each in its own', async (t) => {
    const { place, backend, open } = await setUp(t, { botCount: 2, leaseMs: 3000 })
    const other = await open()
    // Each takes one: the first put of a process takes a single lane if that is enough.
    const hold = place.bots.map(({ id }) => `${id}`)

    await Promise.all([putMany(backend, 6, 10, 'a'), putMany(other, 6, 10, 'b')])

    const held = async (one: TelegramBackend) =>
      (await one.figures()).lanes.filter(({ chatId, state }) => chatId === CHANNEL && state !== 'elsewhere')
    const both = [...(await held(backend)), ...(await held(other))].map(({ botId }) => `${botId}`)
    assert.deepEqual(both.toSorted(), [...new Set(both)].toSorted())
    assert.deepEqual([...new Set(both)].toSorted(), hold.toSorted())
    assert.equal(documentsIn(place.emulator, place.bots[0]?.id ?? 0, CHANNEL).length, 12)
  })
})
