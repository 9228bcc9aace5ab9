import { beReady, settingsOf } from '../processes.ts'
import { openExchange } from './exchange.ts'

/** Sends requests one after the other over one connection. The answer: microseconds of each, and its status. */
export interface Timed {
  readonly us: readonly number[]
  readonly statuses: readonly number[]
}

const { port } = settingsOf<{ port: number }>()
const exchange = await openExchange(port)

beReady(null, async (requests: readonly string[]): Promise<Timed> => {
  const us: number[] = []
  const statuses: number[] = []
  for (const request of requests) {
    const startedAt = performance.now()
    statuses.push(await exchange.send(request))
    us.push((performance.now() - startedAt) * 1000)
  }
  return { us, statuses }
})
