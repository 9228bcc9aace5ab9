import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ApiFailure } from './failure.ts'
import { manualClock } from './fixture.ts'
import { emulatorTime } from './time.ts'
import { uploadBrake } from './upload-brake.ts'

const MIB = 1024 * 1024

describe('emulator: pace of uploads', () => {
  /** Telegram's seconds take a millisecond here; the clock stands still, so all uploads come at one moment. */
  const withBrake = (isOn = true) => {
    const clock = manualClock()
    const brake = uploadBrake({ time: emulatorTime(clock, 0.001), isOn })
    const order: string[] = []
    const upload = async (name: string, more: { botId?: number; sizeBytes?: number; files?: number } = {}) => {
      const asked = { botId: 1, chatId: 2, sizeBytes: 16 * MIB, files: 1, signal: undefined, ...more }
      try {
        await brake.admit(asked, async () => void order.push(name))
        return 'sent'
      } catch (error) {
        assert.ok(error instanceof ApiFailure)
        return `${error.errorCode} ${error.parameters?.retry_after}`
      }
    }
    return { clock, brake, upload, order }
  }

  it('lets eight of one size through, in order, and refuses the ninth for a minute', async () => {
    const { upload, order } = withBrake()

    const all = await Promise.all(Array.from({ length: 9 }, (_, n) => upload(`${n}`)))

    assert.deepEqual(all, [...Array(8).fill('sent'), '429 60'])
    assert.deepEqual(order, ['0', '1', '2', '3', '4', '5', '6', '7'])
  })

  it('takes uploads of other sizes, of other bots and small ones as they come', async () => {
    const { upload } = withBrake()
    const others = [
      ...Array.from({ length: 20 }, (_, n) => upload('size', { sizeBytes: 16 * MIB + n })),
      ...Array.from({ length: 20 }, (_, n) => upload('bot', { botId: n + 2 })),
      ...Array.from({ length: 20 }, () => upload('small', { sizeBytes: 100_000 })),
    ]

    assert.deepEqual(new Set(await Promise.all(others)), new Set(['sent']))
  })

  it('takes up again when time has passed', async () => {
    const { upload, clock } = withBrake()
    await Promise.all(Array.from({ length: 9 }, (_, n) => upload(`${n}`)))
    assert.equal(await upload('too soon'), '429 60')

    clock.advance(0.008)

    assert.equal(await upload('later'), 'sent')
  })

  it('refuses more than 100 files or 4 GiB at once', async () => {
    const { upload } = withBrake()
    const held = [upload('a', { sizeBytes: 50 * MIB, files: 60 }), upload('b', { sizeBytes: 51 * MIB, files: 40 })]

    assert.equal(await upload('c', { sizeBytes: MIB }), '429 60')
    await Promise.all(held)
    assert.equal(await upload('d', { sizeBytes: 4097 * MIB }), '429 60')
    assert.equal(await upload('e', { sizeBytes: 2 * MIB, files: 100 }), 'sent')
  })

  it('refuses more than 1000 open calls of a bot', async () => {
    const { brake } = withBrake()
    const { promise, resolve } = Promise.withResolvers<void>()
    const open = Array.from({ length: 1000 }, () => brake.whileOpen(1, () => promise))

    await assert.rejects(
      brake.whileOpen(1, async () => {}),
      { errorCode: 429 },
    )
    await brake.whileOpen(2, async () => {})
    resolve()
    await Promise.all(open)

    await brake.whileOpen(1, async () => {})
  })

  it('does nothing unless it is switched on', async () => {
    const { upload } = withBrake(false)

    const all = await Promise.all(Array.from({ length: 50 }, (_, n) => upload(`${n}`)))

    assert.deepEqual(new Set(all), new Set(['sent']))
  })
})
