import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { testApp } from '../../../test/app.ts'
import { testDatabase } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { CHANNEL, SECOND_CHANNEL, telegramPlace } from '../backends/telegram/testing.ts'
import { bytesOf, contentOf, putFile, someBytes } from '../files/testing.ts'
import { getStorage } from './contract.ts'
import { telegramStack } from './telegram.fixture.ts'

const MIRRORED = [{ backends: ['telegram', 'mirror'] }]
const ALONE = [{ backends: ['telegram'] }]

describe('files whose chunks are in Telegram', async () => {
  const database = await testDatabase('sqlite')

  it('a message that was deleted: the mirror serves it, and it is posted again', async (t) => {
    const { stack, emulator, botIds, documents, settle } = await telegramStack(t, { database })
    await stack.storage.policies.replace(MIRRORED)
    const file = await stack.upload(randomBytes(8000))
    await settle()
    const before = documents()
    for (const { chatId, messageId, fileId } of before) {
      emulator.loseMessage(botIds[0] ?? 0, chatId, messageId)
      await emulator.loseFile(fileId)
    }

    const read = await stack.read(file)
    await stack.storage.inspector.scrub(1)
    await settle()

    assert.ok(read.equals(file.bytes))
    assert.equal((await stack.blob(file)).state, 'healthy')
    assert.deepEqual([before.length, documents().length], [3, 3])
    assert.equal((await stack.storage.inspector.scrub(1)).bad, 0)
  })

  it('a message that was deleted and is nowhere else: a clear error, and the file is lost by name', async (t) => {
    const { stack, emulator, botIds, documents, settle } = await telegramStack(t, { database })
    await stack.storage.policies.replace(ALONE)
    const file = await stack.upload(randomBytes(2000))
    await settle()
    for (const { chatId, messageId, fileId } of documents()) {
      await emulator.loseFile(fileId)
      emulator.loseMessage(botIds[0] ?? 0, chatId, messageId)
    }

    await assert.rejects(stack.read(file), { code: 'CHUNK_MISSING' })

    await eventually(async () => assert.equal((await stack.blob(file)).state, 'lost'))
    assert.deepEqual(
      stack.audited.map(({ action, target }) => [action, target]),
      [['file.lost', file.fileId]],
    )
  })

  it('a flipped byte in any stored chunk: never served, and repaired from the mirror', async (t) => {
    const { stack, emulator, documents, settle } = await telegramStack(t, { database })
    await stack.storage.policies.replace(MIRRORED)
    const file = await stack.upload(randomBytes(8000))
    await settle()

    for (const { fileId } of documents()) {
      await emulator.flipByte(fileId, Math.floor(Math.random() * 2000))
      assert.ok((await stack.read(file)).equals(file.bytes))
    }
    await stack.storage.inspector.scrub(1)
    await settle()

    assert.deepEqual([(await stack.blob(file)).state, (await stack.storage.inspector.scrub(1)).bad], ['healthy', 0])
    assert.equal(documents().length, 3)
  })

  it('a flipped byte in any stored chunk: with no other copy a clear error instead of bytes', async (t) => {
    const { stack, emulator, documents, settle } = await telegramStack(t, { database })
    await stack.storage.policies.replace(ALONE)
    const files = [await stack.upload(randomBytes(2000)), await stack.upload(randomBytes(150))]
    await settle()

    for (const { fileId } of documents()) await emulator.flipByte(fileId, 77)

    const [large, inline] = files
    assert.ok(large !== undefined && inline !== undefined)
    await assert.rejects(stack.read(large), { code: 'CHUNK_DAMAGED' })
    // A small file is in the database as well.
    assert.ok((await stack.read(inline)).equals(inline.bytes))
  })

  it('a banned bot: another one reads and posts, and when none is left readers are told to come back', async (t) => {
    const { stack, backend, emulator, botIds, settle } = await telegramStack(t, {
      database,
      botCount: 2,
      maxWaitMs: 300,
    })
    const [first = 0, second = 0] = botIds
    await stack.storage.policies.replace(ALONE)
    const before = await stack.upload(randomBytes(4000))
    await settle()
    for (const chat of [CHANNEL, SECOND_CHANNEL]) emulator.setMember(second, chat, first, 'kicked')

    const after = await stack.upload(randomBytes(4000))
    await settle()

    for (const file of [before, after]) assert.ok((await stack.read(file)).equals(file.bytes))
    assert.equal((await stack.blob(after)).state, 'healthy')
    // A bot that was thrown out still gets what it has sent itself.
    for (const bot of botIds) emulator.removeBot(bot)
    await assert.rejects(
      stack.read(before),
      ({ code, retryAfterSeconds }: { code: string; retryAfterSeconds: number }) => {
        assert.deepEqual([code, retryAfterSeconds > 0], ['BACKEND_UNAVAILABLE', true])
        return true
      },
    )
    await backend.check()
    assert.equal(backend.health().state, 'down')
    // Uploads are still taken: they are safe here.
    const waiting = await stack.upload(randomBytes(4000))
    assert.equal((await stack.blob(waiting)).state, 'replicating')
    assert.ok((await stack.read(waiting)).equals(waiting.bytes))
  })

  it('a full channel: the next one takes the chunks, and when all are full they wait here and lose nothing', async (t) => {
    const { stack, backend, documents, settle } = await telegramStack(t, { database, maxObjects: 2, maxWaitMs: 300 })
    await stack.storage.policies.replace(ALONE)
    const files = []
    for (let n = 0; n < 4; n += 1) {
      files.push(await stack.upload(randomBytes(2000)))
      await settle()
    }

    const late = await stack.upload(randomBytes(2000))
    await stack.work()

    assert.deepEqual(
      (await backend.figures()).channels.map(({ full }) => full),
      [true, true],
    )
    assert.equal(documents().length, 4)
    for (const file of [...files, late]) assert.ok((await stack.read(file)).equals(file.bytes))
    assert.equal((await stack.blob(late)).state, 'replicating')
  })
})

const Sending = z.object({
  lanes: z.array(z.object({ state: z.string(), flood_waits: z.number(), next_free_at: z.iso.datetime().nullable() })),
})

describe('a storm of refusals by Telegram', () => {
  it('shows in the API until when nothing is sent, uploads are taken meanwhile, and nothing is asked too early', async (t) => {
    const place = await telegramPlace(1, { timeScale: 1 })
    t.after(() => place.close())
    const sent: number[] = []
    place.emulator.onCall(({ method }) => {
      if (method === 'sendDocument') sent.push(performance.now())
    })
    place.emulator.failNext(
      'sendDocument',
      { errorCode: 429, description: 'Too Many Requests: retry after 1', retryAfterSeconds: 1 },
      1,
    )
    const app = await testApp('sqlite', {
      settings: {
        TELEGRAM_API_ROOT: place.apiRoot,
        TELEGRAM_BOTS: place.bots.map(({ token }) => token).join(),
        TELEGRAM_CHATS: `${CHANNEL}`,
      },
    })
    t.after(() => app.stop())
    const ada = await app.account()

    const file = await putFile(ada, 'waits.bin', someBytes(100_000))
    const lane = await eventually(async () => {
      const { backends } = await ada.call(getStorage)
      const sending = Sending.parse(backends.find(({ name }) => name === 'telegram')?.sending)
      const [found] = sending.lanes.filter(({ flood_waits }) => flood_waits > 0)
      assert.ok(found !== undefined)
      return found
    })
    const content = await bytesOf(await contentOf(ada, file.id))
    await eventually(() => assert.ok(sent.length > 1))

    assert.equal(lane.state, 'waiting')
    const leftMs = Date.parse(lane.next_free_at ?? '') - Date.now()
    assert.ok(leftMs < 3000)
    assert.equal(content.length, 100_000)
    const [refused = 0, again = 0] = sent
    assert.ok(again - refused > 990, `${again - refused} ms`)
  })
})
