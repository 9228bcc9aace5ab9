import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'

const Claims = z.strictObject({
  sub: z.string(),
  sid: z.string(),
  tv: z.int(),
  iat: z.int(),
  exp: z.int(),
  aud: z.literal('latchkey'),
  typ: z.literal('session'),
})
export type SessionClaims = z.infer<typeof Claims>

const MAX_TOKEN_BYTES = 1024
const HEADER = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')

/**
 * Session tokens: JWT, HS256, and nothing else. The header is compared byte for byte with the one we write, so no
 * other algorithm, key hint or type can be asked for.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8725
 */
export const sessionTokens = (secret: string) => {
  const sign = (text: string): Buffer => createHmac('sha256', secret).update(text).digest()
  return {
    issue(claims: Omit<SessionClaims, 'aud' | 'typ'>): string {
      const payload = Buffer.from(JSON.stringify({ ...claims, aud: 'latchkey', typ: 'session' })).toString('base64url')
      return `${HEADER}.${payload}.${sign(`${HEADER}.${payload}`).toString('base64url')}`
    },
    /** @returns undefined for anything that we did not sign. Whether it has expired is for the caller to say. */
    verify(token: string): SessionClaims | undefined {
      if (token.length > MAX_TOKEN_BYTES) return undefined
      const [header, payload, signature, ...rest] = token.split('.')
      if (header !== HEADER || payload === undefined || signature === undefined || rest.length > 0) return undefined
      const expected = sign(`${header}.${payload}`)
      const given = Buffer.from(signature, 'base64url')
      // The text form is compared too: base64 has several spellings of the same bytes.
      if (
        given.length !== expected.length ||
        !timingSafeEqual(given, expected) ||
        given.toString('base64url') !== signature
      )
        return undefined
      return parseClaims(payload)
    },
  }
}

export type SessionTokens = ReturnType<typeof sessionTokens>

/** Whether a text has the form of our session tokens; what has not is refused without a hash. */
export const looksLikeSessionToken = (text: string): boolean =>
  text.length <= MAX_TOKEN_BYTES && text.startsWith(`${HEADER}.`) && /^[\w-]+\.[\w-]+\.[\w-]{43}$/.test(text)

const parseClaims = (payload: string): SessionClaims | undefined => {
  try {
    return Claims.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))).data
  } catch {
    return undefined
  }
}
