import { createBot } from '../../src/bots/bots/contract.ts'
import { createBroadcast } from '../../src/bots/broadcasts/contract.ts'
import { createCommand } from '../../src/bots/commands/contract.ts'
import { putBotData, putUserData } from '../../src/bots/data/contract.ts'
import { setSecret } from '../../src/bots/secrets/contract.ts'
import { sendMessage } from '../../src/bots/simulator/contract.ts'
import { createTest } from '../../src/bots/tests/contract.ts'
import { createTask } from '../../src/bots/timers/contract.ts'
import { createWebhook } from '../../src/bots/webhooks/contract.ts'
import type { Client } from '../../src/client/index.ts'
import { CAFE, CHATS } from './content.ts'

/** Bots of the simulator: a café with people who have written to it, and two that are younger. @returns The café's id. */
export const fillBots = async (client: Client): Promise<string> => {
  for (const bot_name of ['Shelf counter', 'Night train watcher'])
    await client.call(createBot, { body: { simulated: true, bot_name } })
  const botid = (await client.call(createBot, { body: { simulated: true, bot_name: 'The Corner' } })).result.botid
  const params = { botid }
  for (const command of CAFE) await client.call(createCommand, { params, body: { ...command } })
  await client.call(putBotData, {
    params: { ...params, '*': 'counter' },
    body: { value: { 'Lemon cake': 3.8, 'Rye bread': 5.2, 'Cardamom bun': 2.9 } },
  })
  for (const { id, name, texts } of CHATS)
    for (const text of texts)
      await client.call(sendMessage, {
        params,
        body: { text, user: { id, first_name: name, username: name.toLowerCase() }, chat: { id, type: 'private' } },
        timeoutMs: 60_000,
      })
  await client.call(putUserData, {
    params: { ...params, userid: '301', '*': 'allergies' },
    body: { value: ['hazelnut'] },
  })
  await client.call(setSecret, { params: { ...params, name: 'WEATHER_KEY' }, body: { value: 'w-0000-demo' } })
  await client.call(createTest, {
    params,
    body: { name: 'The menu is shown', steps: [{ act: 'message', body: { text: '/menu' }, expect: [] }] },
  })
  await client.call(createTask, {
    params,
    body: { command: '/ready', after_seconds: 72_000, user_id: 301, chat_id: 301 },
  })
  await client.call(createWebhook, { params, body: { command: '/paid', user_id: 302, chat_id: 302 } })
  await client.call(createBroadcast, { params, body: { text: 'Tomorrow there is stollen, {first_name}. First come.' } })
  return botid
}
