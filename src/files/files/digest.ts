import { AppError } from '../../platform/errors.ts'
import { Failures } from '../../platform/http/index.ts'

// One member of a structured dictionary: `sha-256=:…base64…:`, perhaps with parameters.
const MEMBER = /^\s*([a-z*][a-z0-9_.*-]*)\s*=\s*:([A-Za-z0-9+/]*={0,2}):\s*(?:;.*)?$/
const SHA256_BYTES = 32

/**
 * The SHA-256 that a sender announces in `Repr-Digest`. Digests of other algorithms are not looked at.
 *
 * @returns undefined if none is announced.
 * @throws {AppError} INVALID_INPUT for a sha-256 that is none: a check that was asked for must not be left out silently
 * @see https://www.rfc-editor.org/rfc/rfc9530#section-3
 */
export const parseReprDigest = (header: string | string[] | undefined): Buffer | undefined => {
  const members = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',')
  const said = members.filter((member) => /^\s*sha-256\b/.test(member))
  const [last] = said.slice(-1)
  if (last === undefined) return undefined
  const digest = Buffer.from(MEMBER.exec(last)?.[2] ?? '', 'base64')
  if (digest.length === SHA256_BYTES) return digest
  throw new AppError(Failures.INVALID_INPUT, { message: 'Repr-Digest must be sha-256=:<base64>:, of 32 bytes.' })
}
