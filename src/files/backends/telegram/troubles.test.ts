import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import type { Emulator } from '../../../platform/telegram/emulator/emulator.ts'
import type { TelegramBackend } from './telegram.ts'
import {
  CHANNEL,
  collect,
  documentsIn,
  oneOf,
  SCRATCH,
  SECOND_CHANNEL,
  type TelegramPlace,
  telegramSetting,
} from './testing.ts'

const BAD_GATEWAY = { errorCode: 502, description: 'Bad Gateway', html: true }

const firstBot = ({ bots }: TelegramPlace): number => bots[0]?.id ?? 0
const inChannel = (place: TelegramPlace, chatId = CHANNEL) => documentsIn(place.emulator, firstBot(place), chatId)
const put = (backend: TelegramBackend, id: string, bytes: Buffer) => backend.put(id, oneOf(bytes), bytes.length)
const listed = async (backend: TelegramBackend) =>
  (await Array.fromAsync(backend.list?.() ?? [])).map(({ locator }) => locator).toSorted()

const messageOf = (emulator: Emulator, botId: number): number =>
  documentsIn(emulator, botId, CHANNEL).at(-1)?.message_id ?? 0

const assertReads = async (backend: TelegramBackend, locator: string, bytes: Buffer): Promise<void> =>
  assert.ok((await collect(backend, locator, 0, bytes.length - 1)).equals(bytes))

describe('telegram backend, when sending goes wrong', () => {
  it('adopts a document whose answer was lost, and sends it once', async (t) => {
    const { place, backend } = await telegramSetting(t)
    const bytes = randomBytes(50_000)
    place.emulator.dropReplyAfterWork('sendDocument')

    const locator = await put(backend, 'chunk_1', bytes)

    assert.equal(inChannel(place).length, 1)
    await assertReads(backend, locator, bytes)
    assert.deepEqual(await listed(backend), ['chunk_1'])
  })

  it('removes the first of two documents that it could not find in time', async (t) => {
    const { place, backend } = await telegramSetting(t)
    const bytes = randomBytes(50_000)
    place.emulator.dropReplyAfterWork('sendDocument')
    // As if the message was not there yet when it was looked for.
    place.emulator.failNext(
      'forwardMessage',
      { errorCode: 400, description: 'Bad Request: message to forward not found' },
      8,
    )
    await put(backend, 'chunk_1', bytes)
    assert.equal(inChannel(place).length, 2)

    await backend.maintain()

    assert.equal(inChannel(place).length, 1)
    await assertReads(backend, 'chunk_1', bytes)
    assert.deepEqual(await listed(backend), ['chunk_1'])
  })

  it('deletes what arrived for an object that was deleted meanwhile', async (t) => {
    const { place, backend } = await telegramSetting(t)
    place.emulator.dropReplyAfterWork('sendDocument')
    place.emulator.failNext(
      'forwardMessage',
      { errorCode: 400, description: 'Bad Request: message to forward not found' },
      8,
    )
    await put(backend, 'chunk_1', randomBytes(100))

    await backend.delete(['chunk_1'])
    await backend.maintain()

    assert.equal(inChannel(place).length, 0)
    assert.deepEqual(await listed(backend), [])
  })

  it('sends again what was cut off on its way, and what a server in trouble refused', async (t) => {
    const { place, backend } = await telegramSetting(t)
    const bytes = randomBytes(200_000)
    place.emulator.cutUpload('sendDocument', 60_000)
    place.emulator.failNext('sendDocument', BAD_GATEWAY, 3)

    await put(backend, 'chunk_1', bytes)

    assert.equal(inChannel(place).length, 1)
    await assertReads(backend, 'chunk_1', bytes)
  })

  it('takes another lane when one fails eight times', async (t) => {
    const { place, backend } = await telegramSetting(t, { chats: [CHANNEL, SECOND_CHANNEL] })
    place.emulator.failNext('sendDocument', { errorCode: 500, description: 'Internal Server Error' }, 12)

    await put(backend, 'chunk_1', randomBytes(100))

    assert.deepEqual(await listed(backend), ['chunk_1'])
  })

  it('works over a slow line', async (t) => {
    const { place, backend } = await telegramSetting(t)
    place.emulator.setSpeed({ upload: 400_000, download: 800_000, backbone: 2_000_000 })
    const bytes = randomBytes(100_000)

    await put(backend, 'chunk_1', bytes)

    await assertReads(backend, 'chunk_1', bytes)
  })

  it('goes to the next channel when one takes no more posts, and still reads from it', async (t) => {
    const { place, backend } = await telegramSetting(t, { chats: [CHANNEL, SECOND_CHANNEL] })
    const bytes = randomBytes(100)
    await Promise.all([put(backend, 'chunk_1', bytes), put(backend, 'chunk_2', bytes)])
    place.emulator.closeChat(firstBot(place), CHANNEL)

    for (const id of ['chunk_3', 'chunk_4', 'chunk_5']) await put(backend, id, bytes)

    for (const id of ['chunk_1', 'chunk_2', 'chunk_3', 'chunk_4', 'chunk_5']) await assertReads(backend, id, bytes)
    await backend.maintain()
    assert.equal((await listed(backend)).length, 5)
  })
})

describe('telegram backend, when bots and channels are lost', () => {
  it('reads by another bot what a bot sent whose token was revoked', async (t) => {
    const { place, backend } = await telegramSetting(t, { botCount: 2 })
    const bytes = randomBytes(100_000)
    for (let n = 0; n < 6; n++) await put(backend, `chunk_${n}`, bytes)
    place.emulator.removeBot(firstBot(place))

    for (let n = 0; n < 6; n++) await assertReads(backend, `chunk_${n}`, bytes)

    await put(backend, 'chunk_7', bytes)
    assert.equal(backend.health().state, 'ok')
    await backend.check()
    assert.equal(backend.health().state, 'degraded')
    assert.match(backend.health().problems.join(), /token of bot \d+/)
  })

  it('goes on with the other bot when one is banned from the channel', async (t) => {
    const { place, backend } = await telegramSetting(t, { botCount: 2 })
    const [first, second] = place.bots
    const bytes = randomBytes(1000)
    await put(backend, 'chunk_1', bytes)
    place.emulator.setMember(second?.id ?? 0, CHANNEL, first?.id ?? 0, 'kicked')

    for (let n = 2; n < 6; n++) await put(backend, `chunk_${n}`, bytes)

    for (let n = 1; n < 6; n++) await assertReads(backend, `chunk_${n}`, bytes)
  })

  it('tells which objects need another copy when their channel is gone', async (t) => {
    const told: string[] = []
    const onUnreachable = async (locators: readonly string[]) => void told.push(...locators)
    const { place, backend } = await telegramSetting(t, { chats: [CHANNEL, SECOND_CHANNEL], onUnreachable })
    for (let n = 0; n < 6; n++) await put(backend, `chunk_${n}`, randomBytes(10))
    const lost = inChannel(place).length
    place.emulator.deleteChat(firstBot(place), CHANNEL)

    await backend.check()
    await backend.maintain()
    await backend.maintain()

    assert.ok(lost > 0)
    assert.equal(told.length, lost)
    await put(backend, 'chunk_7', randomBytes(10))
    assert.equal((await backend.figures()).lanes.find(({ chatId }) => chatId === CHANNEL)?.state, 'closed')
  })

  it('says what is missing at the start, and does not fail', async (t) => {
    const { place, backend, open } = await telegramSetting(t, { botCount: 2 })
    const [first, second] = place.bots
    place.emulator.setMember(first?.id ?? 0, CHANNEL, first?.id ?? 0, 'left')
    place.emulator.withholdRights(first?.id ?? 0, CHANNEL, second?.id ?? 0, ['can_post_messages'])
    assert.equal(backend.health().state, 'ok')

    const again = await open()

    assert.equal(again.health().state, 'down')
    assert.match(again.health().problems.join('\n'), new RegExp(`Bot ${first?.id} is not`))
    assert.match(again.health().problems.join('\n'), /lacks rights.*can_post_messages/)
    await assert.rejects(put(again, 'chunk_1', randomBytes(10)), { code: 'BACKEND_UNAVAILABLE' })
    place.emulator.withholdRights(first?.id ?? 0, CHANNEL, second?.id ?? 0, [])
    await again.check()
    await put(again, 'chunk_1', randomBytes(10))
  })

  it('starts with a token that never was one', async (t) => {
    const { open } = await telegramSetting(t)

    const backend = await open({ bots: [{ token: '7000000999:AAxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' }] })

    assert.equal(backend.health().state, 'down')
    assert.doesNotMatch(JSON.stringify([backend.health(), await backend.figures()]), /AAxxx/)
  })
})

describe('telegram backend, when reading goes wrong', () => {
  it('asks for a new link when one has expired', async (t) => {
    const { place, backend } = await telegramSetting(t)
    const bytes = randomBytes(1000)
    await put(backend, 'chunk_1', bytes)
    await assertReads(backend, 'chunk_1', bytes)
    place.emulator.jumpClock(10)

    await assertReads(backend, 'chunk_1', bytes)
  })

  it('goes on where a download was cut off', async (t) => {
    const { place, backend } = await telegramSetting(t)
    const bytes = randomBytes(3_000_000)
    await put(backend, 'chunk_1', bytes)
    place.emulator.cutDownload(1_000_000, 2)

    await assertReads(backend, 'chunk_1', bytes)
  })

  it('waits out what Telegram asks for, and tells nobody', async (t) => {
    const { place, backend } = await telegramSetting(t)
    const bytes = randomBytes(1000)
    await put(backend, 'chunk_1', bytes)
    const refusal = { errorCode: 429, description: 'Too Many Requests: retry after 5', retryAfterSeconds: 5 }
    place.emulator.failNext('getFile', refusal, 2)

    await assertReads(backend, 'chunk_1', bytes)
  })

  it('says that an object is missing when its message is gone and so is its file', async (t) => {
    const { place, backend } = await telegramSetting(t)
    await put(backend, 'chunk_1', randomBytes(1000))
    const [message] = inChannel(place)
    const document: unknown = message?.document
    assert.ok(typeof document === 'object' && document !== null && 'file_id' in document)
    await place.emulator.loseFile(`${document.file_id}`)
    await assert.rejects(collect(backend, 'chunk_1', 0, 9), { code: 'BACKEND_UNAVAILABLE' })

    place.emulator.loseMessage(firstBot(place), CHANNEL, messageOf(place.emulator, firstBot(place)))

    await assert.rejects(collect(backend, 'chunk_1', 0, 9), { code: 'OBJECT_MISSING' })
  })
})

describe('telegram backend, deleting', () => {
  it('deletes many messages in few calls', async (t) => {
    const { place, backend } = await telegramSetting(t)
    const ids = Array.from({ length: 30 }, (_, n) => `chunk_${n}`)
    await Promise.all(ids.map((id) => put(backend, id, randomBytes(10))))
    let calls = 0
    place.emulator.onCall(({ method, params }) => {
      if (method === 'deleteMessages' && Number(params.chat_id) === CHANNEL) calls += 1
    })

    await backend.delete(ids)
    await backend.maintain()

    assert.equal(inChannel(place).length, 0)
    assert.equal(calls, 1)
    assert.equal((await backend.figures()).messagesDue, 0)
  })

  it('leaves what Telegram does not let it delete, and counts it', async (t) => {
    const { place, backend } = await telegramSetting(t)
    await put(backend, 'chunk_1', randomBytes(10))
    await put(backend, 'chunk_2', randomBytes(10))
    // 48 hours in this Telegram's time.
    place.emulator.jumpClock(200)
    await put(backend, 'chunk_3', randomBytes(10))

    await backend.delete(['chunk_1', 'chunk_2', 'chunk_3'])
    await backend.maintain()

    assert.equal(inChannel(place).length, 2)
    const { messagesAbandoned, messagesDue } = await backend.figures()
    assert.deepEqual([messagesAbandoned, messagesDue], [2, 0])
    assert.deepEqual(await listed(backend), [])
  })

  it('leaves no message behind in the scratch chat', async (t) => {
    const { place, backend } = await telegramSetting(t, { botCount: 2 })
    const bytes = randomBytes(100)
    await put(backend, 'chunk_1', bytes)
    await put(backend, 'chunk_2', bytes)
    const rest = place.bots[1]?.id ?? 0
    place.emulator.removeBot(firstBot(place))
    for (const id of ['chunk_1', 'chunk_2']) await assertReads(backend, id, bytes)

    await backend.maintain()

    assert.deepEqual(documentsIn(place.emulator, rest, SCRATCH), [])
  })
})

describe('telegram backend, on a server of its own', () => {
  it('takes objects above the limits of the cloud, and reads them from the shared disk', async (t) => {
    const { backend } = await telegramSetting(t, { emulator: { rules: { local: true } }, local: true })
    const bytes = randomBytes(25 * 1024 * 1024)

    await put(backend, 'chunk_1', bytes)

    await assertReads(backend, 'chunk_1', bytes)
  })
})
