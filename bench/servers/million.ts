import { beReady, settingsOf } from '../processes.ts'
import { startLatchkey } from './start.ts'

export interface MillionReady {
  readonly url: string
  readonly key: string
  readonly dataDir: string
}

/** The whole program on the database that was ordered; whoever ordered it fills that before the first request. */
const { url, dataDir, accountKey } = await startLatchkey(settingsOf<Record<string, string>>())
beReady({ url, key: accountKey, dataDir } satisfies MillionReady)
