import type { RuntimeName } from '../../src/bots/sandbox/index.ts'
import { type Clock, systemClock } from '../../src/platform/clock.ts'
import { beReady, settingsOf } from '../processes.ts'
import { startLatchkey } from './start.ts'

export type BotsOrder =
  /** Bots to be made, each with the same commands, and started. */
  | { readonly kind: 'make'; readonly tokens: readonly string[]; readonly commands: Readonly<Record<string, string>> }
  | { readonly kind: 'start' | 'stop'; readonly token: string }
  /** So much time passes in an instant. */
  | { readonly kind: 'age'; readonly ms: number }

/** Nobody's own limit is what is measured. */
const MESSAGES_PER_SECOND = 1_000

export interface HostSettings {
  readonly apiRoot: string
  readonly runtime: RuntimeName
}

let aheadMs = 0
const clock: Clock = {
  now: () => new Date(systemClock.now().getTime() + aheadMs),
  monotonicMs: () => systemClock.monotonicMs() + aheadMs,
}

const { apiRoot, runtime } = settingsOf<HostSettings>()
const settings = {
  TELEGRAM_API_ROOT: apiRoot,
  LIMIT_BOTS_PER_MINUTE: '1000000',
  FETCH_ALLOW: '127.0.0.1',
  BOTS_RUNTIME: runtime,
}
const { url, accountKey } = await startLatchkey(settings, clock)

const call = async (method: string, path: string, body: object): Promise<{ result: { botid: string } }> => {
  const response = await fetch(new URL(path, url), {
    method,
    headers: { authorization: `Bearer ${accountKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`)
  return (await response.json()) as { result: { botid: string } }
}

const made = new Map<string, string>()

const make = async ({ tokens, commands }: Extract<BotsOrder, { kind: 'make' }>): Promise<void> => {
  for (const token of tokens) {
    const { botid } = (await call('POST', '/v2/create-bot', { bot_token: token, bot_name: 'Bench' })).result
    made.set(token, botid)
    await call('PATCH', `/v2/bots/${botid}/settings`, { messages_per_second: MESSAGES_PER_SECOND })
    for (const [command, code] of Object.entries(commands))
      await call('POST', `/v2/bots/${botid}/commands`, { command, code })
    await call('POST', `/v2/bots/${botid}/start`, {})
  }
}

beReady(null, async (order: BotsOrder) => {
  if (order.kind === 'make') await make(order)
  else if (order.kind === 'age') aheadMs += order.ms
  else await call('POST', `/v2/bots/${made.get(order.token)}/${order.kind}`, {})
  return null
})
