import pg from 'pg'
import type { Log } from '../log/index.ts'
import { JOBS_CHANNEL } from './job-sql.ts'

const FIRST_RETRY_MS = 250
const LAST_RETRY_MS = 10_000

/** What a listener tells. */
export interface Wake {
  /** Jobs of this name can be claimed. */
  poke(name: string): void
  /** Anything may have happened: look at everything. */
  look(): void
}

export interface Listener {
  /** False while messages may be missed. */
  listening(): boolean
  close(): Promise<void>
}

/**
 * Hears PostgreSQL's notifications on a connection of its own and connects again whenever that breaks. What is missed
 * meanwhile is made up for by one `look`.
 *
 * @returns After the first attempt to connect, whether it worked or not.
 */
export const listen = async (url: string, wake: Wake, log: Log): Promise<Listener> => {
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined
  let listening = false
  let closed = false
  let retryMs = FIRST_RETRY_MS

  const connect = async (): Promise<void> => {
    const connecting = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, keepAlive: true })
    client = connecting
    connecting.on('notification', ({ payload }) => (payload ? wake.poke(payload) : wake.look()))
    connecting.once('error', () => broken(connecting))
    connecting.once('end', () => broken(connecting))
    try {
      await connecting.connect()
      await connecting.query(`listen ${JOBS_CHANNEL}`)
      if (client !== connecting) return
      listening = true
      retryMs = FIRST_RETRY_MS
      wake.look()
    } catch {
      broken(connecting)
    }
  }

  const broken = (which: pg.Client): void => {
    if (client !== which) return
    client = undefined
    listening = false
    which.on('error', () => {})
    // What is said of its end does not matter: it is gone either way.
    which.end().catch(() => {})
    if (closed) return
    log.warn({ retryMs }, 'Waiting for job notifications is interrupted; jobs are polled until it works again')
    timer = setTimeout(() => void connect(), retryMs)
    retryMs = Math.min(LAST_RETRY_MS, retryMs * 2)
  }

  await connect()
  return {
    listening: () => listening,
    async close() {
      closed = true
      listening = false
      clearTimeout(timer)
      const last = client
      client = undefined
      await last?.end().catch(() => {})
    },
  }
}
