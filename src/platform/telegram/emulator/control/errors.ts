import { defineErrors } from '../../../errors.ts'

/** What the controls refuse. Refusals of Bot API methods are Telegram's own and not here. */
export const ControlErrors = defineErrors({
  SIMULATOR_TOKEN_INVALID: [400, 'This is not a bot token. It reads <digits>:<35 letters, digits, - or _>.'],
  SIMULATOR_BOT_NOT_FOUND: [404, 'The simulator has no such bot. Start the bot first.'],
  SIMULATOR_CHAT_NOT_FOUND: [404, 'The simulator has no such chat. Send a message into it first.'],
  SIMULATOR_MESSAGE_NOT_FOUND: [404, 'The chat has no such message. It may have been deleted.'],
  SIMULATOR_FILE_NOT_FOUND: [404, 'The simulator does not hold the bytes of this file.'],
  SIMULATOR_BUTTON_NOT_FOUND: [404, 'The message has no button with this data. The bot may have changed its keyboard.'],
  SIMULATOR_RESULT_NOT_FOUND: [404, 'The bot gave no such result to this query, or the query is over.'],
  SIMULATOR_MESSAGE_EMPTY: [400, 'Nothing to send. Give a text, a contact, a photo or another kind of content.'],
  SIMULATOR_SENDER_BANNED: [403, 'This person was removed from the chat and cannot write there.'],
  SIMULATOR_UPDATE_INVALID: [400, 'A raw update is an object with one member besides update_id: its type.'],
})
