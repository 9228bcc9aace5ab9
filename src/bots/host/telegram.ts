import { TelegramError } from '../../platform/telegram/api.ts'
import { HostCallError, type Json } from '../sandbox/index.ts'
import { declare, type Handler, handle } from './declaration.ts'
import { object, text } from './parameters.ts'

const CALL_TIMEOUT_MS = 30_000

// These would take the bot away from the server that runs it.
const REFUSED = new Set(['getupdates', 'setwebhook', 'deletewebhook', 'logout', 'close'])

const call = declare({
  name: 'telegram',
  facade: 'internal',
  parameters: { method: text('A method of the Bot API.'), params: object('Its parameters.') },
  returns: 'Any',
  about: 'Calls a method of the Bot API.',
  example: 'bot.sendMessage("hi")',
})

export const telegramDeclarations = [call] as const

/** What a command may ask of Telegram. Every argument is a stranger's text. */
export const telegramHandlers = (): Handler[] => [
  handle(call, async ({ method, params }, { telegram, token, calls, signal }) => {
    if (!/^[A-Za-z]{1,64}$/.test(method)) throw new HostCallError(`'${method}' is no method`, { kind: 'TypeError' })
    if (REFUSED.has(method.toLowerCase())) {
      const sentence = `${method} is not for commands: the server takes the bot's updates.`
      throw new HostCallError(sentence, { kind: 'PermissionError' })
    }
    try {
      return await calls.record(method, params, async () => {
        return (await telegram.call(token, method, params, { signal, timeoutMs: CALL_TIMEOUT_MS })) as Json
      })
    } catch (error) {
      throw error instanceof TelegramError ? toPythonError(error) : error
    }
  }),
]

/** Telegram's refusal as the exception that a command sees. */
export const toPythonError = (error: TelegramError): HostCallError => {
  const parameters = {
    ...(error.retryAfterSeconds === undefined ? {} : { retry_after: error.retryAfterSeconds }),
    ...(error.migrateToChatId === undefined ? {} : { migrate_to_chat_id: error.migrateToChatId }),
  }
  return new HostCallError(error.message, {
    kind: 'ApiTelegramException',
    errorCode: error.errorCode,
    description: error.description,
    parameters,
    cause: error,
  })
}
