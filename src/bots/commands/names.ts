import { AppError } from '../../platform/errors.ts'
import { BotErrors } from '../errors.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const MAX_NAME_BYTES = 256

/**
 * The command's name out of a request's URL: what follows `/commands/`, in base64 of either alphabet, with or without
 * padding. It is read from the URL as it came, because the standard alphabet has a `/` that no router keeps apart.
 *
 * @param tail A word that stands behind the name, such as `rename`.
 * @throws {AppError} COMMAND_ENCODING_INVALID
 */
export const commandNameOf = (url: string, tail?: string): string => {
  const path = url.split('?', 1)[0] ?? ''
  const start = path.indexOf('/commands/')
  let encoded = path.slice(start + '/commands/'.length)
  if (tail !== undefined) encoded = encoded.replace(new RegExp(`/${tail}/?$`), '')
  try {
    return decodeName(decodeURIComponent(encoded))
  } catch (cause) {
    throw cause instanceof AppError ? cause : new AppError(BotErrors.COMMAND_ENCODING_INVALID, { cause })
  }
}

/** @throws {AppError} COMMAND_ENCODING_INVALID */
export const decodeName = (encoded: string): string => {
  const standard = encoded.replaceAll('-', '+').replaceAll('_', '/').replaceAll(' ', '+').replace(/=+$/, '')
  if (standard === '' || !/^[A-Za-z0-9+/]+$/.test(standard) || standard.length % 4 === 1)
    throw new AppError(BotErrors.COMMAND_ENCODING_INVALID)
  try {
    return utf8.decode(Buffer.from(standard, 'base64'))
  } catch (cause) {
    throw new AppError(BotErrors.COMMAND_ENCODING_INVALID, { cause })
  }
}

/** Names may hold spaces, emoji and signs; they are trimmed, and case matters. @throws {AppError} COMMAND_NAME_INVALID */
export const toCommandName = (text: string): string => {
  const name = text.trim()
  const bytes = Buffer.byteLength(name)
  if (bytes === 0 || bytes > MAX_NAME_BYTES || /\p{Cc}/u.test(name)) throw new AppError(BotErrors.COMMAND_NAME_INVALID)
  return name
}
