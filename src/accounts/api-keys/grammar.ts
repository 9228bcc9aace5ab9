import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { randomBase62, toBase62 } from '../../platform/ids.ts'

/** Where a key comes from and what it is for. Kinds differ in the data below and nowhere else. */
export type KeyKind = 'files' | 'bots' | 'cards'

/** What a token in a request can be: a key that somebody made, or the access token of a program that signed in (OAuth). */
export type CredentialKind = KeyKind | 'oauth'

interface Grammar {
  readonly kind: CredentialKind
  readonly shape: RegExp
  readonly checked: boolean
}

const BODY_LENGTH = 30
const CHECK_LENGTH = 6
const ACCESS_TOKEN_LENGTH = 32

/**
 * Every form of key that this server issues. A token that fits none is refused without a hash or a query, and the
 * checksum refuses a mistyped one just as cheaply; scanners for leaked secrets can use the same expressions.
 */
const GRAMMARS: readonly Grammar[] = [
  { kind: 'files', shape: /^tk_(?:live|test)_[0-9A-Za-z]{36}$/, checked: true },
  { kind: 'bots', shape: /^tbc_live_[0-9A-Za-z]{36}$/, checked: true },
  { kind: 'cards', shape: /^teakapi_[0-9a-f]{12}_[0-9a-f]{48}$/, checked: false },
  { kind: 'oauth', shape: /^[0-9A-Za-z]{32}$/, checked: false },
]

/** @returns The kind of key that `token` can be, or undefined when it cannot be a key at all. */
export const classifyKey = (token: string): CredentialKind | undefined => {
  const grammar = GRAMMARS.find(({ shape }) => shape.test(token))
  if (grammar === undefined || (grammar.checked && !hasValidCheck(token))) return undefined
  return grammar.kind
}

/** A new key's value, at least 178 bits of it secret. It is shown once and never stored. */
export const newKeyValue = (kind: CredentialKind): string => {
  if (kind === 'oauth') return randomBase62(ACCESS_TOKEN_LENGTH)
  if (kind === 'cards') return `teakapi_${randomBytes(6).toString('hex')}_${randomBytes(24).toString('hex')}`
  const start = `${kind === 'files' ? 'tk' : 'tbc'}_live_${randomBase62(BODY_LENGTH)}`
  return start + checkOf(start)
}

/** The part of a key that may be shown, to tell it from others. */
export const displayPrefix = (value: string): string =>
  value.startsWith('teakapi_') ? value.slice(8, 20) : value.slice(0, value.indexOf('_live_') + 10)

const hasValidCheck = (token: string): boolean => token.slice(-CHECK_LENGTH) === checkOf(token.slice(0, -CHECK_LENGTH))

const checkOf = (text: string): string => toBase62(BigInt(crc32(text)), CHECK_LENGTH)
