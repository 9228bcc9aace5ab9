import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock } from '../../src/platform/clock.ts'
import { httpBotApi } from '../../src/platform/telegram/client.ts'
import { createEmulator } from '../../src/platform/telegram/emulator/emulator.ts'
import { emulatorHttp } from '../../src/platform/telegram/emulator/http.ts'
import { beReady } from '../processes.ts'
import { startLatchkey } from './start.ts'

/** Asks for so many messages to one of two bots that answer "Hello World"; the times to their replies come back. */
export interface BotQuestion {
  readonly bot: 'command' | 'handler'
  readonly messages: number
}

// In turns, because a bot may not write to one chat as often as all this. All have written when the warm-up ends.
const PEOPLE = 50
let turn = 0
const nextPerson = () => {
  turn = (turn + 1) % PEOPLE
  return { id: 1_000_001 + turn, first_name: 'Ada', username: `ada_${turn}` }
}

const emulator = createEmulator({ clock: systemClock })
const answer = emulatorHttp(emulator)
const telegram = createServer((request, response) => void answer(request, response, request.url ?? '/'))
await new Promise<void>((listening) => telegram.listen(0, '127.0.0.1', listening))
const apiRoot = `http://127.0.0.1:${(telegram.address() as AddressInfo).port}`

const bots = {
  command: emulator.addBot({ username: 'python_bot', firstName: 'Python' }),
  handler: emulator.addBot({ username: 'javascript_bot', firstName: 'JavaScript' }),
}

/** The yardstick: takes updates and answers them as the server does, over the same client, with nothing in between. */
const handle = async (token: string): Promise<never> => {
  const api = httpBotApi({ apiRoot })
  let offset = 0
  for (;;) {
    const updates = (await api.call(token, 'getUpdates', { offset, timeout: 25 }, { timeoutMs: 40_000 })) as {
      update_id: number
      message: { chat: { id: number } }
    }[]
    for (const { update_id, message } of updates) {
      offset = update_id + 1
      await api.call(token, 'sendMessage', { chat_id: message.chat.id, text: 'Hello World' })
    }
  }
}

const { url, accountKey } = await startLatchkey({ TELEGRAM_API_ROOT: apiRoot })
const call = async (path: string, body: object): Promise<{ result: { botid?: string } }> => {
  const response = await fetch(new URL(path, url), {
    method: 'POST',
    headers: { authorization: `Bearer ${accountKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`)
  return (await response.json()) as { result: { botid?: string } }
}
const { botid } = (await call('/v2/create-bot', { bot_token: bots.command.token, bot_name: 'Python' })).result
await call(`/v2/bots/${botid}/commands`, { command: '/start', code: 'bot.sendMessage("Hello World")' })
await call(`/v2/bots/${botid}/start`, {})
handle(bots.handler.token).catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})

const REPLY_WITHIN_MS = 60_000

/** @returns Milliseconds from the message to the reply. */
const once = (bot: keyof typeof bots): Promise<number> =>
  new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`The ${bot} did not reply.`)), REPLY_WITHIN_MS)
    let startedAt = 0
    const stop = emulator.onCall(({ botId, method }) => {
      if (method !== 'sendMessage' || botId !== bots[bot].id) return
      stop()
      clearTimeout(late)
      resolve(performance.now() - startedAt)
    })
    startedAt = performance.now()
    emulator.sendAsUser({ botId: bots[bot].id, user: nextPerson(), text: '/start' })
  })

const measure = async ({ bot, messages }: BotQuestion): Promise<number[]> => {
  const times: number[] = []
  for (let sent = 0; sent < messages; sent++) {
    times.push(await once(bot))
    // The next poll is waiting again before the next message: what is measured is an idle bot's answer.
    await new Promise((later) => setTimeout(later, 10))
  }
  return times
}

beReady(null, measure)
