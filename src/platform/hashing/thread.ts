import { type Argon2Parameters, argon2Sync, type ScryptOptions, scryptSync } from 'node:crypto'
import { constants, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'

/** What is to be derived from a password; everything of it passes between threads as it is. */
export type Derivation =
  | ({ readonly algorithm: 'argon2id' } & Argon2Parameters)
  | {
      readonly algorithm: 'scrypt'
      readonly password: string
      readonly salt: Uint8Array
      readonly keyBytes: number
      readonly cost: ScryptOptions
    }

const derive = (wish: Derivation): Buffer =>
  wish.algorithm === 'argon2id'
    ? argon2Sync('argon2id', wish)
    : scryptSync(wish.password, wish.salt, wish.keyBytes, wish.cost)

// A thread of Linux has a priority of its own. Elsewhere it would be that of the whole program.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL)

parentPort?.on('message', (wish: Derivation) => parentPort?.postMessage(derive(wish)))
