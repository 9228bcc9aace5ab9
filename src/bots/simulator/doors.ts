import { z } from 'zod'
import type { Clock } from '../../platform/clock.ts'
import { AppError } from '../../platform/errors.ts'
import type { BotApi } from '../../platform/telegram/api.ts'
import { emulatorBotApi } from '../../platform/telegram/client.ts'
import {
  createEmulator,
  type Emulator,
  type EmulatorDoor,
  type EmulatorRequest,
  type EmulatorResponse,
} from '../../platform/telegram/emulator/emulator.ts'
import { ApiFailure } from '../../platform/telegram/emulator/failure.ts'
import { type EmulatorHttp, emulatorHttp } from '../../platform/telegram/emulator/http.ts'
import { DEFAULT_RULES, maxUploadBytes } from '../../platform/telegram/emulator/rules.ts'
import { type Bytes, readBytes, vault } from '../../platform/telegram/emulator/vault.ts'
import type { Relay } from './relay.ts'
import type { Residents } from './residents.ts'
import type { SimulatorWorlds } from './worlds.ts'

export interface DoorsOptions {
  readonly clock: Clock
  readonly worlds: SimulatorWorlds
  readonly residents: Residents
  readonly relay: Relay
}

export type SimulatorDoors = ReturnType<typeof simulatorDoors>

const CALL_MS = 30_000
const MAX_POLL_SECONDS = 50

const File = z.object({
  field: z.string(),
  fileName: z.string(),
  mimeType: z.string(),
  base64: z.string().nullable(),
  sizeBytes: z.int(),
})

/** A Bot API call, a download or a farewell, as one process hands it to another. */
export const DoorCall = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('request'),
    token: z.string(),
    method: z.string(),
    params: z.record(z.string(), z.unknown()),
    files: z.array(File),
  }),
  z.object({ kind: z.literal('download'), token: z.string(), path: z.string() }),
  z.object({ kind: z.literal('forget'), telegramId: z.int() }),
])
export type DoorCall = z.infer<typeof DoorCall>

const Body = z.union([
  z.object({ ok: z.literal(true), result: z.unknown(), description: z.string().optional() }),
  z.object({
    ok: z.literal(false),
    error_code: z.int(),
    description: z.string(),
    parameters: z.object({ retry_after: z.number().optional(), migrate_to_chat_id: z.number().optional() }).optional(),
  }),
])
const Response = z.object({ status: z.int(), body: Body })
const Download = z.object({ base64: z.string().nullable() })

/** The Bot API of simulators, wherever they are: in this process's memory or in another's. */
export const simulatorDoors = ({ clock, worlds, residents, relay }: DoorsOptions) => {
  const nobody = createEmulator({ clock })
  // Bytes wait here between the request and the simulator that keeps them.
  const uploads = vault()

  const withResident = async (accountId: string, emulator: Emulator, token: string): Promise<Emulator> => {
    if (emulator.store.botByToken(token) === undefined) await residents.addMissing(accountId, emulator)
    return emulator
  }

  const request = async (accountId: string, asked: EmulatorRequest): Promise<EmulatorResponse> => {
    const here = await worlds.find(accountId)
    if (here !== undefined) return (await withResident(accountId, here, asked.token)).request(asked)
    const seconds = Math.min(MAX_POLL_SECONDS, Number(asked.params?.timeout) || 0)
    const timeoutMs = CALL_MS + (asked.method.toLowerCase() === 'getupdates' ? seconds * 1000 : 0)
    try {
      const answer = await relay.call(accountId, toCall(asked), timeoutMs, asked.signal)
      return { ...(Response.parse(answer) as Omit<EmulatorResponse, 'dropped'>), dropped: false }
    } catch (error) {
      if (error instanceof AppError) return toFailure(error)
      throw error
    }
  }

  const download = async (accountId: string, token: string, path: string): Promise<Bytes> => {
    const here = await worlds.find(accountId)
    if (here !== undefined) return (await withResident(accountId, here, token)).files.open(token, path)
    const { base64 } = Download.parse(await relay.call(accountId, { kind: 'download', token, path }, CALL_MS))
    if (base64 === null) throw new ApiFailure(404, 'Not Found')
    const buffer = Buffer.from(base64, 'base64')
    return { at: 'memory', buffer, sizeBytes: buffer.byteLength }
  }

  const doorOf = (accountId: string): EmulatorDoor => ({
    request: (asked) => request(accountId, asked),
    files: {
      receiver: uploads.receiver,
      maxBodyBytes: () => maxUploadBytes(DEFAULT_RULES),
      htmlErrors: () => false,
      isSlowUpload: () => false,
      passUpload: async () => {},
      passDownload: async () => {},
      uploadCut: () => undefined,
      downloadCut: () => undefined,
      servesRanges: () => false,
      open: (token, path) => download(accountId, token, path),
    },
  })

  const http: EmulatorHttp = async (httpRequest, response, path) => {
    const accountId = await residents.accountOf(tokenIn(path))
    return emulatorHttp(accountId === undefined ? nobody : doorOf(accountId))(httpRequest, response, path)
  }

  return {
    /** The Bot API of an account's simulator. */
    apiOf: (accountId: string): BotApi => emulatorBotApi(doorOf(accountId)),
    /** The Bot API of all of them over HTTP: the token says which one is meant. */
    http,
    /** A bot is gone. Its token is refused anyway, since the database does not know it; this ends its polls. */
    async forget(accountId: string, telegramId: number): Promise<void> {
      const here = await worlds.find(accountId)
      if (here !== undefined) here.removeBot(telegramId)
      else await relay.call(accountId, { kind: 'forget', telegramId }, CALL_MS)
    },
    /** Answers for a simulator that is here. */
    async answer(accountId: string, emulator: Emulator, call: DoorCall): Promise<unknown> {
      if (call.kind === 'forget') return emulator.removeBot(call.telegramId)
      await withResident(accountId, emulator, call.token)
      if (call.kind === 'download') return { base64: await readWhole(emulator, call.token, call.path) }
      const { token, method, params } = call
      const { status, body } = await emulator.request({ token, method, params, files: toUploads(call.files) })
      return { status, body }
    },
    close: (): void => nobody.close(),
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

const toCall = ({ token, method, params = {}, files = new Map() }: EmulatorRequest): DoorCall => ({
  kind: 'request',
  token,
  method,
  params: { ...params },
  files: [...files].map(([field, { fileName, mimeType, bytes }]) => ({
    field,
    fileName,
    mimeType,
    base64: bytes.at === 'memory' ? bytes.buffer.toString('base64') : null,
    sizeBytes: bytes.sizeBytes,
  })),
})

const toUploads = (files: readonly z.infer<typeof File>[]): NonNullable<EmulatorRequest['files']> =>
  new Map(
    files.map(({ field, fileName, mimeType, base64, sizeBytes }) => {
      const bytes: Bytes =
        base64 === null ? { at: 'lost', sizeBytes } : { at: 'memory', buffer: Buffer.from(base64, 'base64'), sizeBytes }
      return [field, { fileName, mimeType, bytes }]
    }),
  )

/** A refusal of ours in Telegram's words. */
const toFailure = ({ status, message, retryAfterSeconds }: AppError): EmulatorResponse => ({
  status,
  body: {
    ok: false,
    error_code: status,
    description: `Service Unavailable: ${message}`,
    ...(retryAfterSeconds === undefined ? {} : { parameters: { retry_after: retryAfterSeconds } }),
  },
  dropped: false,
})

/** @returns null for what is not there. */
const readWhole = async (emulator: Emulator, token: string, path: string): Promise<string | null> => {
  try {
    const bytes = await emulator.files.open(token, path)
    const pieces: Buffer[] = []
    for await (const piece of readBytes(bytes, 0, bytes.sizeBytes - 1)) pieces.push(piece)
    return Buffer.concat(pieces).toString('base64')
  } catch (error) {
    if (error instanceof ApiFailure) return null
    throw error
  }
}
