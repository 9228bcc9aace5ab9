import { beReady, settingsOf } from '../processes.ts'
import { countStatements } from './sql-counter.ts'
import { startLatchkey } from './start.ts'

export interface LatchkeyReady {
  readonly port: number
  readonly keys: readonly string[]
  /** Where all that it stores is. */
  readonly dataDir: string
}

export interface LatchkeyOrder {
  readonly keys: number
  /** Whether what is stored on the disk is encrypted there. */
  readonly isEncrypted?: boolean
}

/** The whole program, with as many keys as were ordered. Tells how many statements it has executed. */
const statements = countStatements()
const order = settingsOf<LatchkeyOrder>()
const { url, dataDir, newKey, encryptDisk } = await startLatchkey()
if (order.isEncrypted === true) await encryptDisk()
const keys: string[] = []
while (keys.length < order.keys) keys.push(await newKey())

beReady({ port: Number(new URL(url).port), keys, dataDir } satisfies LatchkeyReady, () => statements())
