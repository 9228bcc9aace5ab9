import { defineErrors } from '../platform/errors.ts'

/** What the bot routes can refuse. The first four texts are printed by the published API. */
export const BotErrors = defineErrors({
  BOT_NOT_FOUND: [404, 'Bot not found or not owned by you'],
  COMMAND_NOT_FOUND: [404, 'Command not found'],
  TOKEN_FORMAT_INVALID: [400, 'Invalid bot token format'],
  TOKEN_REFUSED: [400, 'Invalid bot token'],
  TOKEN_IN_USE: [409, 'Bot token already in use'],
  TELEGRAM_UNREACHABLE: [503, 'Telegram cannot be reached right now. Try again in a moment.'],
  COMMAND_EXISTS: [409, 'Command already exists'],
  COMMAND_NAME_INVALID: [400, 'A command name has 1 to 256 bytes and no control characters'],
  COMMAND_ENCODING_INVALID: [400, 'Invalid command encoding'],
  COMMAND_LIMIT_REACHED: [403, 'This bot has as many commands as it may have. Delete one first'],
  CODE_TOO_LARGE: [413, 'The code of a command may have 256 KB at most'],
  BOT_STOPPED: [409, 'The bot is stopped. Start it first'],
  BOT_NOT_SIMULATED: [409, 'This bot talks to Telegram. Only a simulated bot has a simulator'],
  RUN_NOT_FOUND: [404, 'Run not found'],
})
