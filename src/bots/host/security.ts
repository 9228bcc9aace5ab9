import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPublicKey,
  randomBytes,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import type { Clock } from '../../platform/clock.ts'
import { HostCallError } from '../sandbox/index.ts'
import { declare, type Handler, handle } from './declaration.ts'
import { text } from './parameters.ts'

const internal = (call: string, about: string) =>
  ({ name: `security.${call}`, facade: 'internal', returns: 'Any', about, example: '' }) as const

const ed25519 = declare({
  ...internal('ed25519_verify', 'Whether a signature is right.'),
  parameters: { public_key: text('Hex.'), data: text('Hex.'), signature: text('Hex.') },
})
const encrypt = declare({
  ...internal('fernet_encrypt', 'Encrypts.'),
  parameters: { key: text('URL-safe base64 of 32 bytes.'), data: text('Base64.') },
})
const decrypt = declare({
  ...internal('fernet_decrypt', 'Decrypts; gives base64.'),
  parameters: { key: text('URL-safe base64 of 32 bytes.'), token: text('What encrypt gave.') },
})

export const securityDeclarations = [ed25519, encrypt, decrypt] as const

export const securityHandlers = (clock: Clock): Handler[] => [
  handle(ed25519, async ({ public_key, data, signature }) => {
    const raw = Buffer.from(public_key, 'hex')
    if (raw.length !== 32) throw new HostCallError('an Ed25519 key has 32 bytes', { kind: 'ValueError' })
    const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') } })
    return verify(null, Buffer.from(data, 'hex'), key, Buffer.from(signature, 'hex'))
  }),
  handle(encrypt, async ({ key, data }) => seal(keyOf(key), Buffer.from(data, 'base64'), clock.now())),
  handle(decrypt, async ({ key, token }) => open(keyOf(key), token).toString('base64')),
]

const keyOf = (text: string): { sign: Buffer; hide: Buffer } => {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length !== 32)
    throw new HostCallError('a key is 32 bytes in URL-safe base64: make one with generate_key()', {
      kind: 'ValueError',
    })
  return { sign: bytes.subarray(0, 16), hide: bytes.subarray(16) }
}

const VERSION = 0x80
const HEAD_BYTES = 25
const MAC_BYTES = 32

const macOf = (key: Buffer, body: Buffer): Buffer => createHmac('sha256', key).update(body).digest()

/** @see https://github.com/fernet/spec/blob/master/Spec.md */
const seal = ({ sign, hide }: ReturnType<typeof keyOf>, data: Buffer, now: Date): string => {
  const head = Buffer.alloc(HEAD_BYTES)
  head[0] = VERSION
  head.writeBigUInt64BE(BigInt(Math.floor(now.getTime() / 1000)), 1)
  randomBytes(16).copy(head, 9)
  const cipher = createCipheriv('aes-128-cbc', hide, head.subarray(9))
  const body = Buffer.concat([head, cipher.update(data), cipher.final()])
  const token = Buffer.concat([body, macOf(sign, body)]).toString('base64url')
  return token.padEnd(Math.ceil(token.length / 4) * 4, '=')
}

const open = ({ sign, hide }: ReturnType<typeof keyOf>, token: string): Buffer => {
  const bytes = Buffer.from(token, 'base64url')
  const body = bytes.subarray(0, -MAC_BYTES)
  const isWhole = bytes.length > HEAD_BYTES + MAC_BYTES && bytes[0] === VERSION
  if (!isWhole || !timingSafeEqual(bytes.subarray(-MAC_BYTES), macOf(sign, body)))
    throw new HostCallError('the token is not of this key, or was changed', { kind: 'ValueError' })
  const decipher = createDecipheriv('aes-128-cbc', hide, body.subarray(9, HEAD_BYTES))
  return Buffer.concat([decipher.update(body.subarray(HEAD_BYTES)), decipher.final()])
}
