import type { TestAccount } from '../../test/app.ts'
import { createBot } from './bots/contract.ts'
import { createCommand } from './commands/contract.ts'
import { listMessages, pressButton, sendMessage } from './simulator/contract.ts'

export interface Answer {
  readonly status: number
  readonly text: string
  readonly body: unknown
}

/** Calls as any HTTP client would: JSON in, and what comes back as it came. */
export const v2 = async (account: TestAccount, method: string, path: string, body?: unknown): Promise<Answer> => {
  const json = body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await account.fetch(path, { method, ...json })
  const text = await response.text()
  return { status: response.status, text, body: JSON.parse(text) }
}

/** `{ok: true, …}` with status 200, as the published examples print it. */
export const ok = (members: object): { status: number; body: unknown } => ({
  status: 200,
  body: { ok: true, ...members },
})

/** Without the text, which `deepEqual` need not compare as well. */
export const seen = ({ status, body }: Answer): { status: number; body: unknown } => ({ status, body })

interface Someone {
  readonly id: number
  readonly first_name: string
}

/** A bot on the simulator with these commands, by name. */
export const simulatedBot = async (account: TestAccount, commands: Readonly<Record<string, string>> = {}) => {
  const { result } = await account.call(createBot, { body: { simulated: true, bot_name: 'Test bot' } })
  const { botid, bot_username: username } = result
  const params = { botid }
  for (const [command, code] of Object.entries(commands))
    await account.call(createCommand, { params, body: { command, code } })
  const query = { timeout_ms: '25000' }
  return {
    botid,
    username,
    params,
    async say(text: string, user?: Someone) {
      const body = { text, ...(user === undefined ? {} : { user }) }
      return (await account.call(sendMessage, { params, query, body })).result
    },
    async press(data: string, messageId: number) {
      return (await account.call(pressButton, { params, query, body: { data, message_id: messageId } })).result
    },
    async chat() {
      return (await account.call(listMessages, { params })).result.messages
    },
  }
}

/** The texts of a chat, oldest first. */
export const texts = (messages: readonly { readonly [member: string]: unknown }[]): unknown[] =>
  messages.map(({ text }) => text)
