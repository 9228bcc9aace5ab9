import { Bot } from 'grammy'
import { beReady, settingsOf } from '../processes.ts'

/** The yardstick: bots with a handler in JavaScript, in the framework's own loop, and nothing recorded. */
const { apiRoot } = settingsOf<{ apiRoot: string }>()

const start = (token: string): Promise<void> =>
  new Promise((started, failed) => {
    const bot = new Bot(token, { client: { apiRoot } })
    bot.command('start', (context) => context.reply('Hello World'))
    bot.start({ onStart: () => started() }).catch(failed)
  })

beReady(null, async (tokens: readonly string[]) => {
  for (const token of tokens) await start(token)
  return null
})
