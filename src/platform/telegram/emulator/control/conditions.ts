import { AppError } from '../../../errors.ts'
import { parseFileId } from '../file-ids.ts'
import type { LinkSpeed } from '../link.ts'
import type { EmulatorRules } from '../rules.ts'
import type { World } from '../world.ts'
import { ControlErrors } from './errors.ts'

/** What goes wrong around the bots: with stored bytes, with the line, with the clock, with Telegram's own rules. */
export const conditionControl = (world: World) => ({
  /** Inverts one stored byte of a file; any bot's id of it will do. @throws {AppError} SIMULATOR_FILE_NOT_FOUND */
  async flipByte(fileId: string, offset = 0): Promise<void> {
    await world.vault.flip(keyOf(world, fileId), offset)
  },

  /** Telegram loses the bytes of a file; messages still show it. @throws {AppError} SIMULATOR_FILE_NOT_FOUND */
  async loseFile(fileId: string): Promise<void> {
    await world.vault.forget(keyOf(world, fileId))
  },

  /** Makes the line slow, or with null fast again. */
  setSpeed: (speed: Partial<LinkSpeed>): void => world.link.setSpeed(speed),

  /** Changes how this Telegram behaves. Whether it is a local server is settled when it starts. */
  setRules: (rules: Partial<Omit<EmulatorRules, 'local'>>): void => void Object.assign(world.rules, rules),

  /** From now on Telegram's clock is ahead of ours by this much more. */
  jumpClock: (seconds: number): void => world.time.jump(seconds),
})

const keyOf = ({ vault }: World, fileId: string): number => {
  const known = parseFileId(fileId)
  if (!known || !vault.find(known.key)) throw new AppError(ControlErrors.SIMULATOR_FILE_NOT_FOUND)
  return known.key
}
