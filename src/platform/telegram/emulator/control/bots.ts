import { AppError } from '../../../errors.ts'
import { ApiFailure } from '../failure.ts'
import type { Bot } from '../state.ts'
import type { World } from '../world.ts'
import { ControlErrors } from './errors.ts'

export interface NewBot {
  /** Brings a bot back under its old identity, or gives a known bot a new token; without it a new bot is made up. */
  token?: string | undefined
  username: string
  firstName: string
}

export interface BotIdentity {
  id: number
  token: string
  username: string
}

export const botControl = (world: World) => ({
  /** @throws {AppError} SIMULATOR_TOKEN_INVALID */
  addBot({ token, username, firstName }: NewBot): BotIdentity {
    const { store } = world
    const identity = token === undefined ? newIdentity(world) : parseToken(token)
    const known = store.bot(identity.id)
    const names = { username, firstName }
    // In place: a poll that waits holds on to the bot.
    store.putBot(known ? Object.assign(known, identity, names) : newBot(world, identity, names))
    return { ...identity, username }
  },

  /** The token is refused from now on; a poll that waits is refused too. */
  removeBot(botId: number): void {
    world.pollers.drop(botId, new ApiFailure(401, 'Unauthorized'))
    world.webhooks.stop(botId)
    world.store.deleteBot(botId)
  },
})

const parseToken = (token: string): { id: number; token: string } => {
  const match = /^([1-9]\d{0,14}):[\w-]{35}$/.exec(token)
  if (!match) throw new AppError(ControlErrors.SIMULATOR_TOKEN_INVALID)
  return { id: Number(match[1]), token }
}

const TOKEN_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const newIdentity = ({ store, random }: World): { id: number; token: string } => {
  let id = store.next('nextBotId')
  // A bot that was brought back may hold, or have held, a number further on.
  while (store.bot(id) || store.tombstone(id)) id = store.next('nextBotId')
  const secret = Array.from({ length: 33 }, () => TOKEN_ALPHABET.charAt(Math.floor(random() * TOKEN_ALPHABET.length)))
  return { id, token: `${id}:AA${secret.join('')}` }
}

const newBot = (
  { store, random }: World,
  identity: { id: number; token: string },
  names: { username: string; firstName: string },
): Bot => {
  const before = store.tombstone(identity.id)
  return {
    ...identity,
    ...names,
    // Telegram begins somewhere; a client that counts on 1 would fail there.
    nextUpdateId: before?.nextUpdateId ?? 100_000_000 + Math.floor(random() * 800_000_000),
    nextMessageId: before?.nextMessageId ?? 1,
    pending: [],
    recent: [],
    allowedUpdates: null,
    webhook: null,
    commands: {},
    loggedOutUntilMs: null,
    texts: {},
  }
}
