import { atMost, type Case, median, quantile } from '../figures.ts'
import { startHelper } from '../processes.ts'
import type { BotQuestion } from '../servers/bot.ts'

const MOST_MS = 5

export const commandCase: Case = {
  name: 'command',
  async run({ quick }) {
    const rounds = quick ? 4 : 8
    const bot = await startHelper<null>('servers/bot.ts', {})
    try {
      const ask = (question: BotQuestion): Promise<number[]> => bot.ask<number[]>(question)
      // Python starts, and both paths are compiled.
      await ask({ bot: 'command', messages: 100 })
      await ask({ bot: 'handler', messages: 100 })
      const command: number[][] = []
      const handler: number[][] = []
      for (let round = 0; round < rounds; round++) {
        handler.push(await ask({ bot: 'handler', messages: 50 }))
        command.push(await ask({ bot: 'command', messages: 50 }))
      }
      const times = command.flat()
      return [
        {
          name: 'command: a warm "Hello World", update to reply',
          ours: percentiles(times),
          yardstick: `plain JS handler ${percentiles(handler.flat())}`,
          ratios: command.map((values, round) => median(handler[round]!) / median(values)),
          bar: atMost(median(times), MOST_MS, 'ms p50'),
        },
      ]
    } finally {
      await bot.stop()
    }
  },
}

const percentiles = (times: readonly number[]): string =>
  `${[0.5, 0.95, 0.99].map((q) => quantile(times, q).toFixed(2)).join(' / ')} ms`
