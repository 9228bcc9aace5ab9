import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import { systemClock } from '../../platform/clock.ts'
import { createEmulator } from '../../platform/telegram/emulator/emulator.ts'
import { emulatorHttp } from '../../platform/telegram/emulator/http.ts'
import { memoryStore, UNLIMITED } from '../../platform/telegram/emulator/store.ts'

export interface SentText {
  readonly text: unknown
  readonly chatId: number
}

/** A Telegram at an address of its own, which can be unplugged, with one person, Ada. */
export const testTelegram = async () => {
  // Telegram forgets no chat, however many there are.
  const store = memoryStore(UNLIMITED)
  const emulator = createEmulator({ clock: systemClock, timeScale: 0.05, store, allowWebhook: () => true })
  const handle = emulatorHttp(emulator)
  const sent: SentText[] = []
  const byChat = new Map<number, unknown[]>()
  emulator.onCall(({ method, params, status }) => {
    if (method !== 'sendMessage' || status !== 200) return
    const chatId = Number(params.chat_id)
    sent.push({ text: params.text, chatId })
    byChat.set(chatId, [...(byChat.get(chatId) ?? []), params.text])
  })
  const server = createServer((request, response) => {
    handle(request, response, request.url ?? '').catch(() => response.destroy())
  })
  const plug = async (port = 0): Promise<number> => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const unplug = (): void => {
    server.close()
    server.closeAllConnections()
  }
  const port = await plug()
  after(() => {
    emulator.close()
    unplug()
  })
  return {
    root: `http://127.0.0.1:${port}`,
    emulator,
    /** Every message that bots have sent. */
    sent,
    textsTo: (chatId: number): readonly unknown[] => byChat.get(chatId) ?? [],
    bot: (username: string) => emulator.addBot({ username, firstName: `The ${username}` }),
    /** Registers a token of any form, such as one that a page prints. */
    know(token: string, username: string): void {
      const { id } = emulator.addBot({ username, firstName: username })
      const made = emulator.store.bot(id)
      if (made === undefined) throw new Error('the bot is gone')
      emulator.removeBot(id)
      emulator.store.putBot({ ...made, id: Number(token.split(':', 1)[0]), token })
    },
    write: (botId: number, text: string, userId = 501) =>
      emulator.sendAsUser({ botId, user: { id: userId, first_name: 'Ada' }, text }),
    unplug,
    plugIn: () => plug(port),
  }
}
