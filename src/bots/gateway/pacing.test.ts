import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../platform/clock.ts'
import { type BotApi, TelegramError } from '../../platform/telegram/api.ts'
import { type FloodWait, pacedBotApi } from './pacing.ts'

const RATES = {
  perPrivateChat: { perSecond: 20, burst: 2 },
  perGroup: { perSecond: 5, burst: 1 },
  perBot: { perSecond: 1_000, burst: 100 },
}
const flooded = (seconds: number) =>
  new TelegramError({ method: 'sendMessage', errorCode: 429, description: 'Too Many', retryAfterSeconds: seconds })

/** Answers calls with what they were, and refuses as many as it is told. */
const fakeApi = (refusals: TelegramError[] = []) => {
  const calls: { method: string; chat: unknown; text: unknown; atMs: number }[] = []
  const api: BotApi = {
    async call(_token, method, params = {}) {
      const refusal = refusals.shift()
      if (refusal !== undefined) throw refusal
      calls.push({ method, chat: params.chat_id, text: params.text, atMs: performance.now() })
      return true
    },
  }
  return { api, calls }
}

describe('the pace of messages', () => {
  it('lets a burst through and then one after the other, in their order, chat by chat', async () => {
    const { api, calls } = fakeApi()
    const paced = pacedBotApi(api, { clock: systemClock, rates: () => RATES })

    const startedAt = performance.now()
    const sent = Array.from({ length: 8 }, (_, n) => paced.call('t', 'sendMessage', { chat_id: 1, text: n }))
    await paced.call('t', 'sendMessage', { chat_id: 2, text: 'other' })
    const otherMs = performance.now() - startedAt
    await Promise.all(sent)

    const texts = calls.filter(({ chat }) => chat === 1).map(({ text }) => text)
    assert.deepEqual(texts, [0, 1, 2, 3, 4, 5, 6, 7])
    const last = calls.find(({ text }) => text === 7)?.atMs ?? 0
    // Two at once, and six more at twenty a second.
    assert.ok(last - startedAt >= 280, `${last - startedAt}`)
    assert.ok(otherMs < last - startedAt)
  })

  it('holds up nothing that is no message', async () => {
    const { api, calls } = fakeApi()
    const paced = pacedBotApi(api, {
      clock: systemClock,
      rates: () => ({ ...RATES, perBot: { perSecond: 0.001, burst: 1 } }),
    })

    for (const method of ['sendChatAction', 'answerCallbackQuery', 'getMe', 'editMessageText'])
      await paced.call('t', method, { chat_id: 1 })

    assert.equal(calls.length, 4)
  })

  it('waits as long as Telegram says, makes the call again, and tells of it', async () => {
    const { api, calls } = fakeApi([flooded(1)])
    const told: FloodWait[] = []
    const paced = pacedBotApi(api, { clock: systemClock, rates: () => RATES, onFlood: (wait) => told.push(wait) })

    const startedAt = performance.now()
    await paced.call('t', 'sendMessage', { chat_id: 1, text: 'a' })

    assert.ok((calls[0]?.atMs ?? 0) - startedAt >= 990)
    assert.deepEqual(told, [{ method: 'sendMessage', chatId: '1', seconds: 1, retried: true }])
  })

  it('hands long waits to whoever called', async () => {
    const { api } = fakeApi([flooded(3600)])
    const paced = pacedBotApi(api, { clock: systemClock, rates: () => RATES })

    await assert.rejects(paced.call('t', 'sendMessage', { chat_id: 1 }), { errorCode: 429 })
  })
})
