import { randomInt } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { type Control, emulatorControl } from './control.ts'
import { type EmulatorFiles, emulatorFiles } from './download.ts'
import { ApiFailure, type FailureParameters } from './failure.ts'
import { type Faults, faults, InjectedRefusal } from './faults.ts'
import { localizeFileIds } from './file-ids.ts'
import { type FloodRates, floodControl, GENEROUS } from './flood.ts'
import type { Upload } from './form.ts'
import { type ApiCallListener, journal } from './journal.ts'
import { link } from './link.ts'
import type { MethodAnswer } from './method.ts'
import { findMethod } from './methods/table.ts'
import { pollers } from './polling.ts'
import { DEFAULT_RULES, type EmulatorRules } from './rules.ts'
import type { Bot } from './state.ts'
import { type EmulatorStore, memoryStore } from './store.ts'
import { emulatorTime } from './time.ts'
import { uploadBrake } from './upload-brake.ts'
import { discard, type VaultOptions, vault } from './vault.ts'
import { webhooks } from './webhooks.ts'
import type { Call, World } from './world.ts'

export interface EmulatorOptions {
  clock: Clock
  /** In [0, 1); a test passes its own. The default draws from the system's secure source. */
  random?: () => number
  /** What it begins with; restore a snapshot before it comes here. */
  store?: EmulatorStore
  /** How long a second of Telegram's time takes here; 0.01 makes every window and hold a hundred times shorter. */
  timeScale?: number
  flood?: FloodRates
  /** Where it is to differ from {@link DEFAULT_RULES}. */
  rules?: Partial<EmulatorRules>
  /** `temporary` stands for a folder that lives as long as the emulator. Without one only small files keep their bytes. */
  filesFolder?: VaultOptions['folder']
  /**
   * Where bots may have their updates posted. By default nowhere: a hook makes this process call an address that the
   * bot's code chose, such as a service on this machine.
   */
  allowWebhook?: (url: URL) => boolean
}

export interface EmulatorRequest {
  token: string
  method: string
  params?: Readonly<Record<string, unknown>>
  /** The files of a multipart body; the emulator keeps or discards their bytes. */
  files?: Map<string, Upload>
  signal?: AbortSignal | undefined
}

export type EmulatorBody =
  | { ok: true; result: unknown; description?: string }
  | { ok: false; error_code: number; description: string; parameters?: FailureParameters }

export interface EmulatorResponse {
  /** HTTP status; the same as `error_code` for a refusal. */
  status: number
  body: EmulatorBody
  /** The work was done and a test ordered the answer to get lost: break the connection instead of sending it. */
  dropped: boolean
  /** A test ordered a page of the server in front instead of JSON. */
  html?: true
}

type OrderedFaults = Omit<Faults, 'before' | 'dropsReply' | 'uploadCut' | 'downloadCut'>

export interface Emulator extends Control, OrderedFaults {
  /**
   * One Bot API call. Refusals are answers; it rejects only with the signal's reason.
   *
   * @see https://core.telegram.org/bots/api#making-requests
   */
  request(request: EmulatorRequest): Promise<EmulatorResponse>
  /** Told of each call when it is done. @returns How to stop listening. */
  onCall(listener: ApiCallListener): () => void
  store: EmulatorStore
  /** The bytes of files, for whoever speaks HTTP for the emulator. */
  files: EmulatorFiles
  /** Ends waiting polls and webhook deliveries; the state stays. */
  close(): void
}

/** As much of an emulator as its HTTP side and clients in this process need; another process may be behind it. */
export interface EmulatorDoor extends Pick<Emulator, 'request'> {
  files: Omit<EmulatorFiles, 'kept' | 'restore'>
}

const secureRandom = () => randomInt(2 ** 32) / 2 ** 32

/** A Telegram of our own: bots call it like the Bot API, and its controls play the people they talk to. */
export const createEmulator = (options: EmulatorOptions): Emulator => {
  const {
    clock,
    random = secureRandom,
    store = memoryStore(),
    timeScale = 1,
    flood = GENEROUS,
    filesFolder,
    allowWebhook = () => false,
  } = options
  const time = emulatorTime(clock, timeScale)
  const execute = (bot: Bot, method: string, params: Readonly<Record<string, unknown>>) =>
    request({ token: bot.token, method, params })
  const rules = { ...DEFAULT_RULES, ...options.rules }
  const world: World = {
    store,
    time,
    random,
    pollers: pollers({ store, time }),
    webhooks: webhooks({ store, time, random, execute }),
    flood: floodControl({ time, rates: flood }),
    brake: uploadBrake({ time, isOn: flood.pacesUploads }),
    vault: vault({ folder: filesFolder, onDiskOnly: rules.local }),
    link: link(),
    rules,
    fileLinks: new Map(),
    inlineQueries: new Map(),
    webhookChanges: new Map(),
    allowWebhook,
  }
  // A store may come with updates that a hook has not taken yet.
  for (const bot of store.bots()) world.webhooks.wake(bot)
  const troubles = faults()
  const calls = journal()

  const request = async (asked: EmulatorRequest): Promise<EmulatorResponse> => {
    const { token, method, params = {}, files = new Map(), signal } = asked
    const startMs = clock.monotonicMs()
    const name = findMethod(method)?.name ?? method
    try {
      const answer = await answerOf(async () => {
        const bot = authenticate(world, token)
        await troubles.before(name, signal)
        const done = await world.brake.whileOpen(bot.id, () => run({ ...world, bot, signal, files }, method, params))
        return { ...done, result: ownResult(world, bot, done.result) }
      })
      const response = { ...answer, dropped: troubles.dropsReply(name) }
      const durationMs = clock.monotonicMs() - startMs
      const { status, body } = answer
      calls.tell({ botId: store.botByToken(token)?.id, method: name, params, status, body, durationMs })
      return response
    } finally {
      for (const { bytes } of files.values()) await discard(bytes)
    }
  }

  return {
    request,
    onCall: calls.listen,
    ...emulatorControl(world),
    failNext: troubles.failNext,
    failNth: troubles.failNth,
    dropReplyAfterWork: troubles.dropReplyAfterWork,
    delayNext: troubles.delayNext,
    cutUpload: troubles.cutUpload,
    cutDownload: troubles.cutDownload,
    store,
    files: emulatorFiles(world, troubles),
    close() {
      world.pollers.dropAll(new ApiFailure(500, 'Internal Server Error: restart'))
      world.webhooks.stopAll()
      world.vault.close()
    },
  }
}

/** @throws {ApiFailure} 401, 421 or 400, by what is wrong with the token. */
const authenticate = ({ store, time }: World, token: string): Bot => {
  const [id = '', secret] = token.split(':')
  if (token.startsWith('0') || token.length > 80 || token.includes('/') || secret === undefined) {
    throw new ApiFailure(401, 'Unauthorized: invalid token specified')
  }
  if (!/^[1-9]\d*$/.test(id)) throw new ApiFailure(421, 'Misdirected Request: unallowed token specified')
  const bot = store.botByToken(token)
  if (!bot) throw new ApiFailure(401, 'Unauthorized')
  if (bot.loggedOutUntilMs !== null && time.nowMs() < bot.loggedOutUntilMs) throw new ApiFailure(400, 'Logged out')
  return bot
}

const run = (call: Call, method: string, params: Readonly<Record<string, unknown>>): Promise<MethodAnswer> => {
  const found = findMethod(method)
  if (!found) throw new ApiFailure(404, 'Not Found: method not found')
  return found.run(call, params)
}

/** What is answered must not change when the state behind it does, and names files as this bot knows them. */
const ownResult = ({ store }: World, bot: Bot, result: unknown): unknown => {
  const copy = structuredClone(result)
  return store.hasFiles() ? localizeFileIds(bot.id, copy) : copy
}

type Answer = Omit<EmulatorResponse, 'dropped'>

const answerOf = async (work: () => Promise<MethodAnswer>): Promise<Answer> => {
  try {
    const { result, description } = await work()
    const body: EmulatorBody = { ok: true, result, ...(description !== undefined && { description }) }
    return { status: 200, body }
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error
    const { errorCode, message, parameters } = error
    const body: EmulatorBody = {
      ok: false,
      error_code: errorCode,
      description: message,
      ...(parameters && { parameters }),
    }
    return { status: errorCode, body, ...(error instanceof InjectedRefusal && error.html && { html: true }) }
  }
}
