import type { PairingService } from '../pairing/service.ts'
import { declare, type Handler, handle } from './declaration.ts'
import { optional, text, user } from './parameters.ts'

const isAdmin = declare({
  name: 'Bot.isAdmin',
  parameters: { user: optional(user('The user of the run unless given.')) },
  returns: 'bool',
  about: "Whether a user is one of the bot's admins, as its settings name them.",
  example: 'if not Bot.isAdmin():\n    raise ReturnCommand',
})
const pairAdmin = declare({
  name: 'Bot.pairAdmin',
  parameters: { code: text('What POST /v2/bots/{botid}/pairing-codes gave.') },
  returns: 'bool',
  about: 'Makes the user of the run an admin of the bot, if the code is right; each code works once.',
  example: 'if params and Bot.pairAdmin(params):\n    bot.sendMessage("You are an admin of this bot now.")',
})

export const administratorDeclarations = [isAdmin, pairAdmin] as const

export const administratorHandlers = (pairing: PairingService): Handler[] => [
  handle(isAdmin, async ({ user: given }, { accountId, botId, userId }) => {
    const who = given ?? userId
    return who !== null && (await pairing.isAdmin(accountId, botId, who))
  }),
  handle(pairAdmin, async ({ code }, { accountId, botId, userId }) =>
    userId === null ? false : pairing.redeem(accountId, botId, code, userId),
  ),
]
