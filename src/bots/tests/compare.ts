import type { Difference, Expectation, Seen } from './contract.ts'

type Message = Readonly<Record<string, unknown>>

const NOT_SHOWN = new Set([
  'message_id',
  'from',
  'sender_chat',
  'chat',
  'date',
  'edit_date',
  'reply_to_message',
  'reply_markup',
])

const isRecord = (value: unknown): value is Message => typeof value === 'object' && value !== null

/** A message as a person sees it; what is neither text nor caption by its kind. */
export const toSeen = (message: Message): Seen => {
  const kind = Object.keys(message).find((member) => !NOT_SHOWN.has(member)) ?? 'nothing'
  const { text, caption } = message
  return {
    text: typeof text === 'string' ? text : typeof caption === 'string' ? caption : `[${kind}]`,
    buttons: buttonsOf(message.reply_markup),
    edited: message.edit_date !== undefined,
  }
}

const buttonsOf = (markup: unknown): string[][] => {
  if (!isRecord(markup)) return []
  const rows = markup.inline_keyboard ?? markup.keyboard
  if (!Array.isArray(rows)) return []
  return rows.map((row) => (Array.isArray(row) ? row.map((button) => (isRecord(button) ? `${button.text}` : '')) : []))
}

export const toExpectation = ({ text, buttons }: Seen): Expectation => ({
  rule: 'exact',
  text,
  ...(buttons.length > 0 && { buttons }),
})

const matches = ({ rule, text, buttons }: Expectation, seen: Seen): boolean => {
  if (buttons !== undefined && JSON.stringify(buttons) !== JSON.stringify(seen.buttons)) return false
  if (rule === 'ignore') return true
  return rule === 'contains' ? seen.text.includes(text) : seen.text === text
}

/** Message by message, in their order. */
export const differencesOf = (expected: readonly Expectation[], seen: readonly Seen[]): Difference[] =>
  Array.from({ length: Math.max(expected.length, seen.length) }, (_, position): Difference[] => {
    const [wanted, there] = [expected[position] ?? null, seen[position] ?? null]
    if (wanted !== null && there !== null && matches(wanted, there)) return []
    const kind = there === null ? 'missing' : wanted === null ? 'unexpected' : 'different'
    return [{ kind, position, expected: wanted, seen: there }]
  }).flat()
