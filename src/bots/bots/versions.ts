import { AppError } from '../../platform/errors.ts'
import { BotErrors } from '../errors.ts'

// Releases of the library by which people know what the methods of a bot are called, oldest first. The last of each
// row is its newest patch.
// https://pypi.org/project/pyTelegramBotAPI/#history
const PATCHES: readonly (readonly [minor: number, patches: number])[] = [
  [14, 1],
  [15, 5],
  [16, 1],
  [17, 0],
  [18, 1],
  [19, 2],
  [20, 0],
  [21, 0],
  [22, 1],
  [23, 0],
  [24, 0],
  [25, 0],
  [26, 0],
  [27, 0],
  [28, 0],
  [29, 1],
  [30, 0],
  [31, 0],
  [32, 0],
  [33, 0],
  [34, 0],
  [35, 0],
  [36, 1],
  [37, 1],
]

/** What a bot may be set to: `4.14.0` to the newest, and `latest`. */
export const BOT_VERSIONS: readonly string[] = [
  ...PATCHES.flatMap(([minor, patches]) => Array.from({ length: patches + 1 }, (_, patch) => `4.${minor}.${patch}`)),
  'latest',
]

/** @throws {AppError} VERSION_INVALID, with the list */
export const parseVersion = (text: string): string => {
  const version = text.trim()
  if (!BOT_VERSIONS.includes(version))
    throw new AppError(BotErrors.VERSION_INVALID, { message: `Invalid version. Valid are ${BOT_VERSIONS.join(', ')}` })
  return version
}
