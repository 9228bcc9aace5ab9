import { AppError } from '../../platform/errors.ts'
import type { Message } from '../../platform/telegram/emulator/state.ts'
import { type Act, DEFAULT_USER, perform } from '../simulator/acts.ts'
import { transcriptOf } from '../simulator/player.ts'
import { differencesOf, toSeen } from './compare.ts'
import type { Seen, Step, StepResult } from './contract.ts'
import type { Scratch } from './scratch.ts'

type Shown = Readonly<Record<string, unknown>>

const keyOf = (chatId: number, message: Shown): string => `${chatId}:${message.message_id}`

/** Every message in every chat of the bot, as it is now. */
const shownIn = ({ emulator, served }: Scratch): Map<string, Shown> =>
  new Map(
    emulator
      .listChats(served.telegram_id)
      .flatMap(({ id }) =>
        transcriptOf(emulator, served.telegram_id, id).map((message) => [keyOf(id, message), message] as const),
      ),
  )

const isByBot = (message: Shown, botId: number): boolean => {
  const { from, sender_chat: channel, via_bot: via } = message
  if (via !== undefined) return false
  return channel !== undefined || (typeof from === 'object' && from !== null && 'id' in from && from.id === botId)
}

/** What the bot wrote or changed while `work` was done, in the order of its messages. */
export const messagesOf = async (scratch: Scratch, work: () => Promise<void>): Promise<Shown[]> => {
  const before = shownIn(scratch)
  await work()
  return [...shownIn(scratch)]
    .filter(([key, message]) => JSON.stringify(before.get(key)) !== JSON.stringify(message))
    .map(([, message]) => message)
    .filter((message) => isByBot(message, scratch.served.telegram_id))
}

/** Does what a step says and compares what is seen then. */
export const playStep = async (scratch: Scratch, step: Step, position: number): Promise<StepResult> => {
  const { problem, seen, run } = await playAct(scratch, step)
  const differences = differencesOf(step.expect, seen)
  return {
    position,
    act: step.act,
    passed: problem === null && differences.length === 0,
    problem,
    seen,
    differences,
    run,
  }
}

const playAct = async (
  scratch: Scratch,
  step: Step,
): Promise<{ problem: string | null; seen: Seen[]; run: StepResult['run'] }> => {
  let run: StepResult['run'] = null
  let inlineQueryId: string | undefined
  try {
    const messages = await messagesOf(scratch, async () => {
      inlineQueryId = perform(scratch.emulator, scratch.served.telegram_id, toAct(scratch, step)).inlineQueryId
      run = await scratch.handleAll()
    })
    const found = inlineQueryId === undefined ? [] : (scratch.emulator.inlineResults(inlineQueryId) ?? [])
    return { problem: problemOf(run), seen: [...messages.map(toSeen), ...found.map(toResult)], run }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { problem: error.message, seen: [], run }
  }
}

const problemOf = (run: StepResult['run']): string | null =>
  run === null || run.outcome === 'ok' ? null : `${run.command}: ${run.error?.message ?? run.outcome}`

/** A result of an inline query, as a line of the list that a person sees. */
const toResult = (result: unknown): Seen => {
  const title = typeof result === 'object' && result !== null && 'title' in result ? `${result.title}` : '[result]'
  return { text: title, buttons: [], edited: false }
}

const toAct = (scratch: Scratch, step: Step): Act => {
  if (step.act === 'callback') {
    const { user = DEFAULT_USER, chat_id: chatId = user.id, data } = step.body
    return { act: 'callback', body: { ...step.body, message_id: newestWith(scratch, chatId, data) } }
  }
  const { expect: _, ...act } = step
  return act
}

/** 0, which no message has, when there is no such button. */
const newestWith = ({ emulator, served }: Scratch, chatId: number, data: string): number => {
  const messages = transcriptOf(emulator, served.telegram_id, chatId) as readonly Partial<Message>[]
  const found = messages.findLast(({ reply_markup: markup }) => {
    const rows = markup?.inline_keyboard
    return (
      Array.isArray(rows) && rows.flat().some((button: { callback_data?: unknown }) => button.callback_data === data)
    )
  })
  return found?.message_id ?? 0
}
