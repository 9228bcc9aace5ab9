/** Sets the session cookie under both of its names, or takes both back. */
export const sessionCookies = (token: string | null, maxAgeSeconds: number, secure: boolean): string[] => {
  const value = token ?? ''
  const life = token === null ? 0 : maxAgeSeconds
  const common = `Path=/; HttpOnly; SameSite=Lax; Max-Age=${life}`
  // Only the browser's own host can set a `__Host-` cookie, and only over https.
  return secure
    ? [`__Host-login_token=${value}; ${common}; Secure`, `login_token=${value}; ${common}; Secure`]
    : [`login_token=${value}; ${common}`]
}
