import { overWire } from './wire.ts'

export const PASSWORD = 'correct horse battery staple'

/** Signs in. @returns `login_token=…`, the value for a `Cookie` header. */
export const sessionOf = async (
  { url }: { url: string },
  email: string,
  password = PASSWORD,
  remember = false,
): Promise<string> => {
  const body = JSON.stringify({ email, password, remember_me: remember })
  const answer = await overWire(url, {
    method: 'POST',
    path: '/api/auth/sign-in',
    headers: ['Content-Type: application/json'],
    body,
  })
  const cookie = answer.header('set-cookie')?.split(';')[0]
  if (cookie === undefined) throw new Error(`Signing in failed: ${answer.body}`)
  return cookie
}
