import { AppError } from '../../platform/errors.ts'
import { putCommands } from '../commands/bulk.ts'
import { commandChanges } from '../commands/changing.ts'
import { commandRepo } from '../commands/repo.ts'
import type { CommandServiceOptions } from '../commands/service.ts'
import type { By } from '../envelope.ts'
import { BotErrors } from '../errors.ts'
import type { PairingService } from '../pairing/service.ts'
import type { SettingService } from '../settings/service.ts'
import { type Template, templateCatalog } from './catalog.ts'
import { TemplateErrors } from './contract.ts'

export interface TemplateOptions extends CommandServiceOptions {
  readonly settings: SettingService
  readonly pairing: PairingService
}

export interface Installation {
  readonly cards_bridge?: boolean | undefined
  readonly files_bridge?: boolean | undefined
  readonly replace: boolean
}

export type TemplateService = ReturnType<typeof templateService>

/** Bots that are there ready-made, to be installed into bots and changed like any code. */
export const templateService = ({ settings, pairing, ...options }: TemplateOptions) => {
  const catalog = templateCatalog()
  const change = commandChanges(options)

  const putInto = (by: By, botId: string, { commands }: Template, replace: boolean): Promise<void> =>
    change(by, botId, async (saving) => {
      const rows = await commandRepo(saving.tx).list(by.accountId, botId)
      const codes = new Map(commands.map(({ name, code }) => [name, code]))
      const others = rows.filter(({ name, code }) => codes.has(name) && codes.get(name) !== code)
      if (others.length > 0 && !replace) {
        const names = others.map(({ name }) => name).join(', ')
        const message = `The bot has other code already under ${names}. Send "replace": true to have that of the template`
        throw new AppError(BotErrors.COMMAND_EXISTS, { message })
      }
      await putCommands(saving, rows, commands, { removeOthers: false, limits: options.limits })
    })

  return {
    list: (): Template[] => [...catalog.values()],

    /** @throws {AppError} TEMPLATE_NOT_FOUND, BOT_NOT_FOUND, COMMAND_EXISTS, COMMAND_LIMIT_REACHED */
    async install(by: By, botId: string, name: string, { replace, ...wish }: Installation) {
      // Before anything is said of templates: a stranger's bot is one that never was.
      const before = await settings.get(by.accountId, botId)
      const template = catalog.get(name)
      if (template === undefined) throw new AppError(TemplateErrors.TEMPLATE_NOT_FOUND)
      await putInto(by, botId, template, replace)
      const { cards_bridge, files_bridge } = Object.values(wish).some((value) => value !== undefined)
        ? await settings.update(by, botId, wish)
        : before
      return {
        template: name,
        commands: template.commands.map((command) => command.name),
        cards_bridge,
        files_bridge,
        pairing: await pairing.createCode(by, botId),
      }
    },
  }
}
