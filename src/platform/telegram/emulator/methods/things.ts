import { z } from 'zod'
import { getDialog, getWritableDialog } from '../dialogs.ts'
import { badRequest } from '../failure.ts'
import { toMarkup } from '../markup.ts'
import { type Method, method } from '../method.ts'
import { chatId, flag, integer, json, number, text } from '../params.ts'
import type { Call } from '../world.ts'
import { lengthOf, post, replyMarkup, sending } from './sending.ts'

/** A method that sends something that is neither text nor a file. */
const thing = <S extends z.ZodRawShape>(
  shape: S,
  content: (call: Call, params: z.output<z.ZodObject<S>>) => Record<string, unknown>,
): Method => {
  const own = z.object(shape)
  return method(z.looseObject(sending), (call, params) => {
    const parsed = own.safeParse(params)
    if (!parsed.success) throw badRequest(parsed.error.issues[0]?.message ?? '')
    const members = content(call, parsed.data)
    toMarkup(params.reply_markup)
    return post(call, { dialog: getWritableDialog(call, call.bot, params.chat_id), content: members, params })
  })
}

interface Point {
  latitude: number | undefined
  longitude: number | undefined
}

/** @throws {ApiFailure} 400 for what is no place on Earth. */
const toLocation = ({ latitude, longitude }: Point) => {
  if (latitude === undefined || longitude === undefined) throw badRequest('location is not specified')
  if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) throw badRequest('wrong location specified')
  return { latitude, longitude }
}

const sendLocation = thing(
  { latitude: number, longitude: number, live_period: integer },
  (_call, { live_period, ...point }) => ({
    location: { ...toLocation(point), ...(live_period > 0 && { live_period }) },
  }),
)

const sendVenue = thing(
  { latitude: number, longitude: number, title: text, address: text, foursquare_id: text },
  (_call, { title, address, foursquare_id, ...point }) => {
    const location = toLocation(point)
    if (title === '') throw badRequest('venue title must be non-empty')
    return {
      location,
      venue: { location, title, address, ...(foursquare_id !== '' && { foursquare_id }) },
    }
  },
)

const sendContact = thing(
  { phone_number: text, first_name: text, last_name: text, vcard: text },
  (_call, { phone_number, first_name, last_name, vcard }) => {
    if (phone_number === '') throw badRequest('phone number is not specified')
    if (first_name === '') throw badRequest('first name is not specified')
    return {
      contact: { phone_number, first_name, ...(last_name !== '' && { last_name }), ...(vcard !== '' && { vcard }) },
    }
  },
)

/** How far each dice counts. @see https://core.telegram.org/bots/api#dice */
const DICE: Readonly<Record<string, number>> = { '🎲': 6, '🎯': 6, '🎳': 6, '🏀': 5, '⚽': 5, '🎰': 64 }

const sendDice = thing({ emoji: text }, ({ random }, { emoji }) => {
  const kind = emoji === '' ? '🎲' : emoji.replace('\uFE0F', '')
  const sides = DICE[kind]
  if (sides === undefined) throw badRequest('wrong dice emoji specified')
  return { dice: { emoji: kind, value: 1 + Math.floor(random() * sides) } }
})

const MAX_QUESTION = 300
const MAX_OPTIONS = 12
const Option = z.union([z.string(), z.object({ text: z.string() }).transform((option) => option.text)])

const toOptions = (decoded: unknown): string[] => {
  const parsed = z.array(Option).safeParse(decoded)
  if (!parsed.success) throw badRequest("can't parse options JSON object")
  if (parsed.data.length < 2) throw badRequest('poll must have at least 2 option')
  if (parsed.data.length > MAX_OPTIONS) throw badRequest(`poll can't have more than ${MAX_OPTIONS} options`)
  if (parsed.data.some((option) => option === '')) throw badRequest('poll options must be non-empty')
  if (parsed.data.some((option) => lengthOf(option) > 100)) throw badRequest('poll options length must not exceed 100')
  return parsed.data
}

const sendPoll = thing(
  {
    question: text,
    options: json("can't parse options JSON object"),
    is_anonymous: text,
    type: text,
    allows_multiple_answers: flag,
    correct_option_id: integer,
  },
  ({ store }, { question, options, is_anonymous, type, allows_multiple_answers, correct_option_id }) => {
    if (question === '') throw badRequest('poll question must be non-empty')
    if (lengthOf(question) > MAX_QUESTION) throw badRequest(`poll question length must not exceed ${MAX_QUESTION}`)
    return {
      poll: {
        id: `${store.next('nextFileId')}`,
        question,
        options: toOptions(options).map((option) => ({ text: option, voter_count: 0 })),
        total_voter_count: 0,
        is_closed: false,
        is_anonymous: !/^(false|no|0)$/i.test(is_anonymous),
        type: type === 'quiz' ? 'quiz' : 'regular',
        allows_multiple_answers,
        ...(type === 'quiz' && { correct_option_id }),
      },
    }
  },
)

const Poll = z.looseObject({ is_closed: z.boolean() })

const stopPoll = method(
  z.object({ chat_id: chatId, message_id: integer, reply_markup: replyMarkup }),
  (call, params) => {
    const dialog = getDialog(call, call.bot, params.chat_id)
    const message = call.store.message(dialog, params.message_id)?.message
    const poll = Poll.safeParse(message?.poll).data
    if (!message || !poll) throw badRequest('message with poll to stop not found')
    if (message.from?.id !== call.bot.id) throw badRequest("poll can't be stopped")
    if (poll.is_closed) throw badRequest('poll has already been closed')
    message.poll = { ...poll, is_closed: true }
    const { inline } = toMarkup(params.reply_markup)
    if (inline) message.reply_markup = inline
    else delete message.reply_markup
    call.store.changed()
    return message.poll
  },
)

export const thingMethods = { sendLocation, sendVenue, sendContact, sendDice, sendPoll, stopPoll }
