import { setTimeout as wait } from 'node:timers/promises'
import { beReady, settingsOf } from '../processes.ts'
import { openExchange } from './exchange.ts'

/** People at work: each waits for an answer and a moment more before the next request. */
export interface PacedOrder {
  readonly port: number
  readonly requests: readonly string[]
  readonly pauseMs: number
}

const { port, requests, pauseMs } = settingsOf<PacedOrder>()
const people = await Promise.all(requests.map(async (request) => ({ request, exchange: await openExchange(port) })))

/** For so many milliseconds; the answer: milliseconds of each request. A refusal ends it. */
beReady(null, async (forMs: number): Promise<number[]> => {
  const until = performance.now() + forMs
  const times: number[] = []
  await Promise.all(
    people.map(async ({ request, exchange }) => {
      while (performance.now() < until) {
        const startedAt = performance.now()
        const status = await exchange.send(request)
        times.push(performance.now() - startedAt)
        if (status !== 200) throw new Error(`A good key was answered ${status}.`)
        await wait(pauseMs)
      }
    }),
  )
  return times
})
