import { z } from 'zod'
import { getWritableDialog } from '../dialogs.ts'
import { badRequest } from '../failure.ts'
import { toMarkup } from '../markup.ts'
import { findMedia, inputBytes, type MediaDetails, type MediaInput, type MediaKind, takeMedia } from '../media.ts'
import { method } from '../method.ts'
import { flag, json, text } from '../params.ts'
import type { Dialog } from '../state.ts'
import type { Call } from '../world.ts'
import { captionContent, captioned, Entities, post, sending } from './sending.ts'

/** Which parameters of a method describe its file. */
const DETAILS: Record<MediaKind, readonly string[]> = {
  document: [],
  photo: [],
  video: ['width', 'height', 'duration'],
  audio: ['duration', 'performer', 'title'],
  voice: ['duration'],
  animation: ['width', 'height', 'duration'],
  video_note: ['duration', 'length'],
  sticker: ['emoji'],
}

const NUMBERS = new Set(['width', 'height', 'duration', 'length'])

const detailsOf = (kind: MediaKind, given: Readonly<Record<string, unknown>>): MediaDetails =>
  Object.fromEntries(
    DETAILS[kind].flatMap((name) => {
      const value = given[name]
      if (value === undefined || value === null || value === '') return []
      return [[name, NUMBERS.has(name) ? Number.parseInt(`${value}`, 10) || 0 : `${value}`]]
    }),
  )

/** Lets an upload through when it is its turn and the bytes have reached Telegram. */
const upload = <T>(call: Call, dialog: Dialog, inputs: readonly MediaInput[], work: () => Promise<T>): Promise<T> => {
  const uploads = inputs.map(inputBytes).filter((sizeBytes) => sizeBytes > 0)
  const sizeBytes = uploads.reduce((sum, bytes) => sum + bytes, 0)
  const { bot, signal } = call
  const admission = { botId: bot.id, chatId: dialog.chat.id, sizeBytes, files: uploads.length, signal }
  return call.brake.admit(admission, async () => {
    if (sizeBytes > 0) await call.link.pass('backbone', sizeBytes, signal)
    return work()
  })
}

const mediaMethod = (kind: MediaKind) =>
  method(
    z.looseObject({ [kind]: text, ...captioned, ...sending, has_spoiler: flag, show_caption_above_media: flag }),
    async (call, params) => {
      const { caption, parse_mode, caption_entities } = params
      const input = await findMedia(call, kind, text.parse(params[kind]), kind)
      const captionMembers = captionContent(call, { caption, parse_mode, caption_entities })
      toMarkup(params.reply_markup)
      const dialog = getWritableDialog(call, call.bot, params.chat_id)
      return upload(call, dialog, [input], async () => {
        call.flood.charge(call.bot, dialog)
        const members = await takeMedia(call, kind, input, detailsOf(kind, params))
        return post(call, { dialog, content: { ...members, ...captionMembers }, params, isCharged: true })
      })
    },
  )

const InputMedia = z.looseObject({
  type: z.enum(['document', 'photo', 'video', 'audio', 'animation']),
  media: z.string(),
  caption: z.string().default(''),
  parse_mode: z.string().default(''),
  caption_entities: Entities.optional(),
})
type InputMedia = z.output<typeof InputMedia>

/** @throws {ApiFailure} 400 */
export const parseInputMedia = (decoded: unknown): InputMedia => {
  const parsed = InputMedia.safeParse(decoded)
  if (!parsed.success) throw badRequest("can't parse InputMedia: type must be specified and known, and media a String")
  return parsed.data
}

/** Finds the file of an InputMedia and its caption. */
export const readInputMedia = async (call: Call, item: InputMedia) => {
  const { type, media, caption, parse_mode, caption_entities } = item
  return {
    kind: type,
    input: await findMedia(call, type, media),
    details: detailsOf(type, item),
    caption: captionContent(call, { caption, parse_mode, caption_entities }),
  }
}

const MAX_ALBUM = 10

const parseAlbum = (decoded: unknown): InputMedia[] => {
  if (!Array.isArray(decoded)) throw badRequest('expected an Array of InputMedia')
  if (decoded.length === 0) throw badRequest('there are no messages to send')
  if (decoded.length > MAX_ALBUM) throw badRequest('too many messages to send as an album')
  const items = decoded.map(parseInputMedia)
  const groups = new Set(items.map(({ type }) => (type === 'photo' || type === 'video' ? 'visual' : type)))
  if (groups.has('animation')) throw badRequest("animation can't be sent in an album")
  if (groups.size > 1) throw badRequest("documents and audio files can't be mixed with other types in an album")
  return items
}

const sendMediaGroup = method(
  z.object({ media: json("can't parse media JSON object"), ...sending }),
  async (call, params) => {
    const items: Awaited<ReturnType<typeof readInputMedia>>[] = []
    for (const item of parseAlbum(params.media)) items.push(await readInputMedia(call, item))
    const dialog = getWritableDialog(call, call.bot, params.chat_id)
    const inputs = items.map(({ input }) => input)
    return upload(call, dialog, inputs, async () => {
      call.flood.charge(call.bot, dialog, items.length)
      const media_group_id = `${call.store.next('nextFileId')}${call.bot.id}`
      const messages = []
      for (const { kind, input, details, caption } of items) {
        const members = await takeMedia(call, kind, input, details)
        messages.push(
          post(call, { dialog, content: { media_group_id, ...members, ...caption }, params, isCharged: true }),
        )
      }
      return messages
    })
  },
)

export const mediaMethods = {
  sendDocument: mediaMethod('document'),
  sendPhoto: mediaMethod('photo'),
  sendVideo: mediaMethod('video'),
  sendAudio: mediaMethod('audio'),
  sendVoice: mediaMethod('voice'),
  sendAnimation: mediaMethod('animation'),
  sendVideoNote: mediaMethod('video_note'),
  sendSticker: mediaMethod('sticker'),
  sendMediaGroup,
}
