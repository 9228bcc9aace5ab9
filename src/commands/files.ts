import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { findIndex, type IndexPlace, openTelegramBackend } from '../files/recovery/index.ts'
import { migrations } from '../migrations/index.ts'
import { systemClock } from '../platform/clock.ts'
import { loadConfig, readSettings } from '../platform/config/index.ts'
import { type Database, migrate, openDatabase } from '../platform/db/index.ts'
import { leaseService, processOwner } from '../platform/jobs/index.ts'
import { createLog } from '../platform/log/index.ts'
import type { Command } from './command.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)

export const recoveryKey: Command = {
  name: 'files recovery-key',
  summary: 'print the key without which a lost drive cannot be rebuilt',
  help: `Usage: latchkey files recovery-key

Prints the recovery key: with it, a bot token and the channel, \`latchkey files restore\` rebuilds the drive when this
machine is gone. Keep it somewhere else than on this machine, and secret: it opens every file that is kept encrypted.`,
  options: {},
  async run() {
    const config = loadConfig(process.env)
    process.stderr.write(
      'Keep this key outside of this machine. Without it nothing in the channels can be read again.\n',
    )
    say(config.ENCRYPTION_KEY)
    return 0
  },
}

export const filesRestore: Command = {
  name: 'files restore',
  summary: 'rebuild the drive from a Telegram channel',
  help: `Usage: latchkey files restore --chat=NUMBER [--token TOKEN] [--key-file FILE] [--scratch-chat NUMBER]

Rebuilds accounts, folders and files in an empty data folder from the index that is pinned in a channel. The bytes stay
where they are and are read from there.

  --chat          --chat=-100…: the channel in which the index is pinned, the first of LATCHKEY_TELEGRAM_CHATS
  --token         of a bot that is an administrator there; the first of LATCHKEY_TELEGRAM_BOTS unless told
  --key-file      a file that holds the recovery key; LATCHKEY_ENCRYPTION_KEY unless told
  --scratch-chat  where the bot may forward messages to look at them; the channel itself unless told`,
  options: {
    chat: { type: 'string' },
    token: { type: 'string' },
    'key-file': { type: 'string' },
    'scratch-chat': { type: 'string' },
  },
  async run(values) {
    const settings = readSettings(process.env)
    const place: IndexPlace = {
      token: typeof values.token === 'string' ? values.token : (settings.TELEGRAM_BOTS?.[0] ?? ''),
      chatId: toChat(values.chat) ?? settings.TELEGRAM_CHATS[0] ?? 0,
      scratchChatId: toChat(values['scratch-chat']) ?? settings.TELEGRAM_SCRATCH_CHAT,
      apiRoot: settings.TELEGRAM_API_ROOT,
      local: settings.TELEGRAM_LOCAL,
      secret: keyOf(values['key-file'], settings.ENCRYPTION_KEY),
    }
    if (!/^\d+:[\w-]+$/.test(place.token))
      throw new Error('--token needs the token of a bot, or set LATCHKEY_TELEGRAM_BOTS.')
    if (place.chatId >= 0) throw new Error('--chat needs the number of a channel, such as -1001234567890.')
    return restore(place)
  },
}

const toChat = (value: unknown): number | undefined =>
  typeof value === 'string' ? Number.parseInt(value, 10) : undefined

const keyOf = (file: unknown, setting: string | undefined): string => {
  const key = typeof file === 'string' ? readFileSync(file, 'utf8').trim() : setting
  if (key === undefined || key.length < 32)
    throw new Error(
      'The recovery key is needed: --key-file, or LATCHKEY_ENCRYPTION_KEY. It is what `latchkey files recovery-key` printed.',
    )
  return key
}

/** Before the settings are read for good: they would make other secrets. @throws if there is another one already */
const keepSecret = (dataDir: string, name: string, value: string): void => {
  const folder = join(dataDir, 'secrets')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  try {
    writeFileSync(join(folder, name), `${value}\n`, { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    if (readFileSync(join(folder, name), 'utf8').trim() === value) return
    throw new Error('The data folder belongs to another server. A drive is restored into a new one only.', { cause })
  }
}

const restore = async (place: IndexPlace): Promise<number> => {
  const index = await findIndex(place)
  const { head } = index
  say(`Found an index of ${new Date(head.madeAt).toISOString()} with ${head.files} files.`)
  const dataDir = resolve(readSettings(process.env).DATA_DIR)
  keepSecret(dataDir, 'encryption-key', place.secret)
  keepSecret(dataDir, 'key-pepper', head.keyPepper)
  const { DATABASE_URL, DATA_DIR, SQLITE_SYNC } = loadConfig(process.env)
  const database = await openDatabase({ url: DATABASE_URL, dataDir: DATA_DIR, synchronous: SQLITE_SYNC, own: true })
  try {
    if (!database.owned) throw new Error('A server is running on this data folder. Stop it first.')
    await migrate(database, migrations, systemClock.now().getTime())
    const { rows, lostFiles } = await index.load(database)
    say(
      `Restored ${rows.get('accounts') ?? 0} accounts, ${rows.get('folders') ?? 0} folders and ${rows.get('files') ?? 0} files.`,
    )
    if (lostFiles > 0)
      say(`${lostFiles} files have parts that were on the lost disk only. They are listed, and cannot be read.`)
    await reportStrays(database, place, head.channels)
    say('Set LATCHKEY_TELEGRAM_BOTS and LATCHKEY_TELEGRAM_CHATS as before, and start the server.')
    return 0
  } finally {
    index.close()
    await database.close()
  }
}

const reportStrays = async (
  database: Database,
  place: IndexPlace,
  channels: readonly { readonly chatId: number; readonly lastMessageId: number }[],
): Promise<void> => {
  const log = createLog('error')
  const backend = await openTelegramBackend({
    bots: [{ token: place.token }],
    chats: channels.length === 0 ? [place.chatId] : channels.map(({ chatId }) => chatId),
    scratchChat: place.scratchChatId,
    apiRoot: place.apiRoot,
    local: place.local,
    secret: place.secret,
    database,
    leases: leaseService({ database, clock: systemClock, log, owner: processOwner() }),
    clock: systemClock,
    log,
    maxWaitMs: 30 * 60_000,
    maintainEveryMs: 0,
  })
  try {
    for (const { chatId, lastMessageId } of channels) {
      const strays = await backend.explore(chatId, lastMessageId)
      for (const { id, size_bytes, about } of strays.filter((stray) => stray.chat_id === chatId))
        say(`Put after the index was made: ${id}, ${size_bytes} bytes, ${about ?? '{}'}`)
    }
  } finally {
    await backend.close()
  }
}
