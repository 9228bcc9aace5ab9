import {
  type Bot,
  type CallbackQuery,
  type Dialog,
  type FileRecord,
  Snapshot,
  type StoredMessage,
  type Tombstone,
  type User,
} from './state.ts'

/** Telegram's own numbers are past seven billion by now; a token made here looks no different. */
const FIRST_BOT_ID = 7_000_000_001
const FIRST_CHAT_ID = 1_000_000_001
/** A simulator chat is for trying things out; the oldest messages go so that it stays small. */
const MESSAGES_PER_DIALOG = 1000
const FILES = 10_000
const DIALOGS = 500
const USERS = 2000
const PENDING_PER_BOT = 5000

type Counter = 'nextBotId' | 'nextChatId' | 'nextCallbackId' | 'nextFileId'

/**
 * What the emulator knows. Objects that come out of it are live: whoever changes one calls `changed`, and whoever
 * keeps the state over a restart listens and takes a snapshot, at leisure.
 */
export interface EmulatorStore {
  bot(id: number): Bot | undefined
  botByToken(token: string): Bot | undefined
  bots(): Bot[]
  putBot(bot: Bot): void
  /** Forgets the bot and its private chats, and keeps where its numbers stood. */
  deleteBot(id: number): void
  tombstone(botId: number): Tombstone | undefined
  user(id: number): User | undefined
  putUser(user: User): void
  /** The private chat of this bot, or the shared chat, with this id. */
  dialog(botId: number, chatId: number): Dialog | undefined
  sharedDialogByUsername(username: string): Dialog | undefined
  dialogs(): Dialog[]
  putDialog(dialog: Dialog): void
  deleteDialog(dialog: Dialog): void
  message(dialog: Dialog, messageId: number): StoredMessage | undefined
  /** Adds to the end; past the limit the oldest message goes. */
  addMessage(dialog: Dialog, stored: StoredMessage): void
  deleteMessage(dialog: Dialog, messageId: number): void
  callbackQuery(id: string): CallbackQuery | undefined
  putCallbackQuery(query: CallbackQuery): void
  /** Forgets the callback queries that expired before this wall time in milliseconds. */
  dropCallbackQueries(beforeMs: number): void
  file(key: number): FileRecord | undefined
  /** Past the limit the oldest file is forgotten. */
  putFile(file: FileRecord): void
  hasFiles(): boolean
  /** @returns The next number of a series; no number is given twice, also after a restore. */
  next(counter: Counter): number
  readonly limits: StoreLimits
  /** Forgets the older half of every chat and every queue, in place; for whoever finds the whole too large. */
  shrink(): void
  changed(): void
  /** @returns How to stop listening. */
  onChange(listener: () => void): () => void
  snapshot(): Snapshot
  /** The snapshot as JSON, without copying it first. */
  toJson(): string
  /** Replaces everything. @throws {ZodError} when it is not a snapshot; nothing is changed then. */
  restore(json: unknown): void
}

const emptySnapshot = (): Snapshot => ({
  version: 1,
  nextBotId: FIRST_BOT_ID,
  nextChatId: FIRST_CHAT_ID,
  nextCallbackId: 1,
  nextFileId: 1,
  bots: [],
  tombstones: {},
  users: [],
  dialogs: [],
  callbackQueries: [],
  files: [],
})

const dialogKey = (botId: number | null, chatId: number) => (botId === null ? `${chatId}` : `${botId}:${chatId}`)

const lookups = (state: Snapshot) => ({
  bots: new Map(state.bots.map((bot) => [bot.id, bot])),
  tokens: new Map(state.bots.map((bot) => [bot.token, bot])),
  users: new Map(state.users.map((user) => [user.id, user])),
  dialogs: new Map(state.dialogs.map((dialog) => [dialogKey(dialog.botId, dialog.chat.id), dialog])),
  queries: new Map(state.callbackQueries.map((query) => [query.id, query])),
  files: new Map(state.files.map((file) => [file.key, file])),
})

interface Memory {
  state: Snapshot
  at: ReturnType<typeof lookups>
  readonly limits: StoreLimits
}

/** How much is kept; past it the oldest goes. */
export interface StoreLimits {
  messagesPerDialog: number
  files: number
  /** Chats; those in which nobody has written for longest go. */
  dialogs: number
  users: number
  /** Updates that a bot has not taken. */
  pendingPerBot: number
}

export const SMALL: StoreLimits = {
  messagesPerDialog: MESSAGES_PER_DIALOG,
  files: FILES,
  dialogs: DIALOGS,
  users: USERS,
  pendingPerBot: PENDING_PER_BOT,
}

/** Nothing is forgotten, as a channel that keeps files needs it. */
export const UNLIMITED: StoreLimits = {
  messagesPerDialog: Number.POSITIVE_INFINITY,
  files: Number.POSITIVE_INFINITY,
  dialogs: Number.POSITIVE_INFINITY,
  users: Number.POSITIVE_INFINITY,
  pendingPerBot: Number.POSITIVE_INFINITY,
}

/** The state in this process's memory. */
export const memoryStore = (limits: StoreLimits = SMALL): EmulatorStore => {
  const state = emptySnapshot()
  const memory: Memory = { state, at: lookups(state), limits }
  const listeners = new Set<() => void>()
  const changed = () => {
    for (const listener of listeners) listener()
  }
  return {
    ...botStore(memory, changed),
    ...dialogStore(memory, changed),
    ...callbackQueryStore(memory, changed),
    ...fileStore(memory, changed),
    user: (id) => memory.at.users.get(id),
    limits,
    shrink: () => shrink(memory, changed),
    putUser(user) {
      putLast(memory.at.users, user.id, user, limits.users)
      changed()
    },
    next(counter) {
      const number = memory.state[counter]
      memory.state[counter] += 1
      changed()
      return number
    },
    changed,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    snapshot: () => structuredClone(currentState(memory)),
    toJson: () => JSON.stringify(currentState(memory)),
    restore(json) {
      memory.state = Snapshot.parse(json)
      memory.at = lookups(memory.state)
      changed()
    },
  }
}

/** Puts it at the end, which is where the newest stand; past the limit the one that stood longest goes. */
const putLast = <K, V>(map: Map<K, V>, key: K, value: V, limit: number): void => {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > limit && oldest !== undefined) map.delete(oldest)
}

/** In place: a poll that waits holds on to its bot. */
const shrink = ({ at }: Memory, changed: () => void): void => {
  for (const dialog of at.dialogs.values()) dialog.messages.splice(0, Math.ceil(dialog.messages.length / 2))
  for (const bot of at.bots.values()) {
    bot.pending.splice(0, Math.ceil(bot.pending.length / 2))
    bot.recent = []
  }
  const files = [...at.files.keys()]
  for (const key of files.slice(0, Math.ceil(files.length / 2))) at.files.delete(key)
  changed()
}

const currentState = ({ state, at }: Memory): Snapshot => ({
  ...state,
  bots: [...at.bots.values()],
  users: [...at.users.values()],
  dialogs: [...at.dialogs.values()],
  callbackQueries: [...at.queries.values()],
  files: [...at.files.values()],
})

type BotStore = Pick<EmulatorStore, 'bot' | 'botByToken' | 'bots' | 'putBot' | 'deleteBot' | 'tombstone'>

const botStore = (memory: Memory, changed: () => void): BotStore => ({
  bot: (id) => memory.at.bots.get(id),
  botByToken: (token) => memory.at.tokens.get(token),
  bots: () => [...memory.at.bots.values()],
  putBot(bot) {
    const { bots, tokens } = memory.at
    // The bot may be the one that is here, with another token by now.
    for (const [token, { id }] of tokens) if (id === bot.id) tokens.delete(token)
    bots.set(bot.id, bot)
    tokens.set(bot.token, bot)
    changed()
  },
  deleteBot(id) {
    const { bots, tokens, dialogs, queries } = memory.at
    const bot = bots.get(id)
    if (!bot) return
    memory.state.tombstones[id] = { nextUpdateId: bot.nextUpdateId, nextMessageId: bot.nextMessageId }
    bots.delete(id)
    tokens.delete(bot.token)
    for (const [key, dialog] of dialogs) if (dialog.botId === id) dialogs.delete(key)
    for (const [key, query] of queries) if (query.botId === id) queries.delete(key)
    changed()
  },
  tombstone: (botId) => memory.state.tombstones[botId],
})

type DialogStore = Pick<
  EmulatorStore,
  | 'dialog'
  | 'sharedDialogByUsername'
  | 'dialogs'
  | 'putDialog'
  | 'deleteDialog'
  | 'message'
  | 'addMessage'
  | 'deleteMessage'
>

/** Messages stand in the order of their ids. @returns -1 when it is not there. */
const indexOfMessage = ({ messages }: Dialog, messageId: number): number => {
  let low = 0
  let high = messages.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const id = messages[middle]?.message.message_id ?? 0
    if (id === messageId) return middle
    if (id < messageId) low = middle + 1
    else high = middle - 1
  }
  return -1
}

const dialogStore = (memory: Memory, changed: () => void): DialogStore => ({
  dialog: (botId, chatId) =>
    memory.at.dialogs.get(dialogKey(botId, chatId)) ?? memory.at.dialogs.get(dialogKey(null, chatId)),
  sharedDialogByUsername: (username) =>
    [...memory.at.dialogs.values()].find(
      ({ botId, chat }) => botId === null && chat.username?.toLowerCase() === username.toLowerCase(),
    ),
  dialogs: () => [...memory.at.dialogs.values()],
  putDialog(dialog) {
    putLast(memory.at.dialogs, dialogKey(dialog.botId, dialog.chat.id), dialog, memory.limits.dialogs)
    changed()
  },
  deleteDialog(dialog) {
    memory.at.dialogs.delete(dialogKey(dialog.botId, dialog.chat.id))
    changed()
  },
  message: (dialog, messageId) => dialog.messages[indexOfMessage(dialog, messageId)],
  addMessage(dialog, stored) {
    dialog.messages.push(stored)
    if (dialog.messages.length > memory.limits.messagesPerDialog) dialog.messages.shift()
    changed()
  },
  deleteMessage(dialog, messageId) {
    const index = indexOfMessage(dialog, messageId)
    if (index >= 0) dialog.messages.splice(index, 1)
    dialog.pinned = dialog.pinned.filter((id) => id !== messageId)
    changed()
  },
})

type CallbackQueryStore = Pick<EmulatorStore, 'callbackQuery' | 'putCallbackQuery' | 'dropCallbackQueries'>

const callbackQueryStore = (memory: Memory, changed: () => void): CallbackQueryStore => ({
  callbackQuery: (id) => memory.at.queries.get(id),
  putCallbackQuery(query) {
    memory.at.queries.set(query.id, query)
    changed()
  },
  dropCallbackQueries(beforeMs) {
    for (const [id, query] of memory.at.queries) if (query.expiresAtMs < beforeMs) memory.at.queries.delete(id)
  },
})

type FileStore = Pick<EmulatorStore, 'file' | 'putFile' | 'hasFiles'>

const fileStore = (memory: Memory, changed: () => void): FileStore => ({
  file: (key) => memory.at.files.get(key),
  putFile(file) {
    const { files } = memory.at
    files.set(file.key, file)
    const [oldest] = files.keys()
    if (files.size > memory.limits.files && oldest !== undefined) files.delete(oldest)
    changed()
  },
  hasFiles: () => memory.at.files.size > 0,
})
