import { randomBytes } from 'node:crypto'
import type { BotStatus } from './repo.ts'

/** The columns of a bot that has no token. */
export interface Tokenless {
  readonly token_sealed: Buffer
  readonly token_hash: Buffer
  readonly needs_token: 1
  readonly status: BotStatus
  readonly problem: string | null
}

const HASH_BYTES = 32

/** @param status What the bot is called while it waits for a token. */
export const tokenless = (status: BotStatus, problem: string | null = null): Tokenless => ({
  token_sealed: Buffer.alloc(0),
  // No token has it: the hash of a token is keyed.
  token_hash: randomBytes(HASH_BYTES),
  needs_token: 1,
  status,
  problem,
})
