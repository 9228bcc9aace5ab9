import assert from 'node:assert/strict'
import type { Clock } from '../../clock.ts'
import type { Person } from './control/shared.ts'
import { createEmulator, type Emulator, type EmulatorOptions, type EmulatorResponse } from './emulator.ts'

/** A clock that stands still until a test moves it. */
export const manualClock = () => {
  let ms = Date.UTC(2026, 0, 2, 3, 4, 5)
  return {
    now: () => new Date(ms),
    monotonicMs: () => ms,
    advance(seconds: number) {
      ms += seconds * 1000
    },
  } satisfies Clock & { advance: (seconds: number) => void }
}

export const ada: Person = { id: 501, first_name: 'Ada', username: 'ada', language_code: 'en' }

/** An emulator on a still clock with one bot, whose private chat with Ada has begun with `/start`. */
export const emulatorWithBot = (options: Partial<EmulatorOptions> = {}) => {
  const clock = manualClock()
  const emulator = createEmulator({ clock, allowWebhook: () => true, ...options })
  const bot = emulator.addBot({ username: 'echo_bot', firstName: 'Echo' })
  const start = emulator.sendAsUser({ botId: bot.id, user: ada, text: '/start' })
  return { clock, emulator, bot, startId: start.update_id ?? 0, ...caller(emulator, bot.token) }
}

/** Calls as one bot: `call` gives the result and `refusal` the description of what was refused. */
export const caller = (emulator: Emulator, token: string) => {
  const request = (method: string, params: Record<string, unknown> = {}, signal?: AbortSignal) =>
    emulator.request({ token, method, params, signal })
  return {
    request,
    call: async (method: string, params?: Record<string, unknown>, signal?: AbortSignal) =>
      resultOf(await request(method, params, signal)),
    refusal: async (method: string, params?: Record<string, unknown>) => {
      const { body } = await request(method, params)
      return body.ok ? assert.fail(`${method} was accepted`) : body.description
    },
  }
}

/** A result as it would come over the wire; its shape is what a test asserts. */
export const resultOf = ({ body }: EmulatorResponse) =>
  body.ok ? JSON.parse(JSON.stringify(body.result)) : assert.fail(`${body.error_code} ${body.description}`)
