import type { Clock } from '../platform/clock.ts'
import type { Config } from '../platform/config/index.ts'
import type { Database } from '../platform/db/index.ts'
import type { Leases } from '../platform/jobs/index.ts'
import type { Log } from '../platform/log/index.ts'
import type { BackendCapabilities, StagingBackend } from './backends/backend.ts'
import { openS3Backend } from './backends/s3/s3.ts'
import { type S3Settings, s3BackendOptions } from './backends/s3/settings.ts'
import { type TelegramSettings, telegramBackendOptions } from './backends/telegram/settings.ts'
import { openTelegramBackend, type TelegramBackend, type TelegramFigures } from './backends/telegram/telegram.ts'
import type { Sending } from './storage/contract.ts'
import { type RegisteredBackend, reopeningBackend } from './storage/index.ts'

export type BackendsConfig = S3Settings & TelegramSettings & Pick<Config, 'ENCRYPTION_KEY'>

export interface RegistryParts {
  readonly disk: StagingBackend
  readonly config: BackendsConfig
  readonly database: Database
  readonly leases: Leases
  readonly clock: Clock
  readonly log: Log
  /** Told of objects in Telegram that no bot can reach any more. */
  readonly onUnreachable: (locators: readonly string[]) => Promise<void>
}

export interface Registry {
  /** By name, in the order in which they were set up. */
  readonly registered: ReadonlyMap<string, RegisteredBackend>
  readonly telegram: TelegramBackend | undefined
}

// What S3 says of itself when it answers; it is asked before that.
const S3_CAPABILITIES: BackendCapabilities = {
  maxObjectBytes: 64 * 1024 * 1024,
  ranged: true,
  listable: true,
  batchDelete: true,
  durable: true,
}

const toSending = (figures: TelegramFigures): Sending => ({
  waiting: figures.waiting,
  oldest_wait_ms: figures.oldestWaitMs,
  paused_until: figures.pausedUntil,
  messages_due: figures.messagesDue,
  messages_abandoned: figures.messagesAbandoned,
  strays: figures.strays,
  lanes: figures.lanes.map((lane) => ({
    bot_id: lane.botId,
    chat_id: lane.chatId,
    state: lane.state,
    closed_for: lane.closedFor,
    sent_per_minute: lane.sentPerMinute,
    allowed_per_minute: lane.allowedPerMinute,
    flood_waits: lane.floodWaits,
    next_free_at: lane.nextFreeAt,
    last_error: lane.lastError,
  })),
})

/** The disk, and what else is set up. */
export const registeredBackends = async (parts: RegistryParts): Promise<Registry> => {
  const { disk, config, clock, log } = parts
  const registered = new Map<string, RegisteredBackend>([[disk.name, { backend: disk, kind: 'disk' }]])
  const s3 = s3BackendOptions(config)
  if (s3 !== undefined) {
    const open = () => openS3Backend({ ...s3, clock })
    const backend = reopeningBackend({ name: 's3', capabilities: S3_CAPABILITIES, listable: true, open, clock, log })
    registered.set(backend.name, { backend, kind: 's3' })
  }
  const settings = telegramBackendOptions(config)
  if (settings === undefined) return { registered, telegram: undefined }
  const { database, leases, onUnreachable } = parts
  const telegram = await openTelegramBackend({ ...settings, database, leases, clock, log, onUnreachable })
  registered.set(telegram.name, {
    backend: telegram,
    kind: 'telegram',
    sending: async () => toSending(await telegram.figures()),
  })
  log.info({}, 'Telegram keeps bytes: print `latchkey files recovery-key` once, and keep it outside of this machine')
  return { registered, telegram }
}
