import type { Clock } from '../../platform/clock.ts'
import { createEmulator, type Emulator } from '../../platform/telegram/emulator/emulator.ts'
import { type EmulatorHttp, emulatorHttp } from '../../platform/telegram/emulator/http.ts'

export type SimulatorWorlds = ReturnType<typeof simulatorWorlds>

/**
 * A Telegram of its own for each account: people, groups and their messages are shared by all bots of one Telegram, and
 * accounts must not see each other's.
 */
export const simulatorWorlds = (clock: Clock) => {
  const emulators = new Map<string, Emulator>()
  const nobody = createEmulator({ clock })
  const listeners = new Set<() => void>()
  const changed = (): void => {
    for (const listener of listeners) listener()
  }

  const of = (accountId: string): Emulator => {
    const known = emulators.get(accountId)
    if (known !== undefined) return known
    const emulator = createEmulator({ clock })
    emulator.store.onChange(changed)
    emulators.set(accountId, emulator)
    return emulator
  }

  const withToken = (token: string): Emulator =>
    [...emulators.values()].find(({ store }) => store.botByToken(token) !== undefined) ?? nobody

  const http: EmulatorHttp = (request, response, path) =>
    emulatorHttp(withToken(tokenIn(path)))(request, response, path)

  return {
    /** The account's; made on first use. */
    of,
    register(accountId: string, { name, username }: { name: string; username: string }) {
      const { id, token } = of(accountId).addBot({ username, firstName: name })
      return { token, telegramId: id }
    },
    forget: (accountId: string, telegramId: number): void => of(accountId).removeBot(telegramId),
    accounts: (): string[] => [...emulators.keys()],
    /** The Bot API of all of them: the token says which one is meant. */
    http,
    onChange(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    snapshot: (): Record<string, unknown> =>
      Object.fromEntries([...emulators].map(([accountId, { store }]) => [accountId, store.snapshot()])),
    close(): void {
      for (const emulator of [...emulators.values(), nobody]) emulator.close()
    },
  }
}

const tokenIn = (path: string): string => {
  const part = /^(?:\/file)?\/bot([^/?]+)/.exec(path)?.[1] ?? ''
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
