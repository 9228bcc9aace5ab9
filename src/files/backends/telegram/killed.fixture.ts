import { randomBytes } from 'node:crypto'
import { systemClock } from '../../../platform/clock.ts'
import { openDatabase } from '../../../platform/db/index.ts'
import { leaseService, processOwner } from '../../../platform/jobs/index.ts'
import { createLog } from '../../../platform/log/index.ts'
import { openTelegramBackend } from './telegram.ts'
import { CHANNEL, oneOf, SCRATCH, SECRET, TIME_SCALE } from './testing.ts'

/** Puts objects, four at a time, and says of each when it was acknowledged; until it is killed. */
const main = async (dataDir: string, apiRoot: string, token: string): Promise<void> => {
  const database = await openDatabase({ url: undefined, dataDir, synchronous: 'FULL', own: false })
  const log = createLog('silent')
  const backend = await openTelegramBackend({
    bots: [{ token }],
    chats: [CHANNEL],
    scratchChat: SCRATCH,
    apiRoot,
    secret: SECRET,
    database,
    leases: leaseService({ database, clock: systemClock, log, owner: processOwner() }),
    clock: systemClock,
    log,
    maintainEveryMs: 0,
    secondMs: 1000 * TIME_SCALE,
  })
  const one = async (lane: number): Promise<void> => {
    for (let n = 0; ; n++) {
      const bytes = randomBytes(20_000)
      const id = `chunk_${process.pid}_${lane}_${n}`
      await backend.put(id, oneOf(bytes), bytes.length)
      process.stdout.write(`${id}\n`)
    }
  }
  await Promise.all([0, 1, 2, 3].map(one))
}

const [dataDir, apiRoot, token] = process.argv.slice(2)
if (import.meta.main && dataDir !== undefined && apiRoot !== undefined && token !== undefined)
  await main(dataDir, apiRoot, token)
