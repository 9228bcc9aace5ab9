/** The only hosts that http may lead to: what listens there is on the computer of whoever signs in. */
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?::\d{1,5})?((?:[/?].*)?)$/i

// Browsers run or open these themselves.
const BROWSER_SCHEMES = new Set([
  ...['about:', 'blob:', 'chrome:', 'data:', 'feed:', 'file:', 'filesystem:', 'ftp:', 'http:', 'jar:', 'javascript:'],
  ...['mailto:', 'resource:', 'sms:', 'tel:', 'vbscript:', 'view-source:', 'ws:', 'wss:'],
])
const MAX_LENGTH = 2000

/**
 * Whether a client may be sent back there: https anywhere, http on this computer, or the scheme of an app.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8252#section-7
 */
export const isRedirectUri = (text: string): boolean => {
  // Printable ASCII without what would break out of a header or a page, and nothing that URL would quietly repair.
  if (text.length > MAX_LENGTH || !/^[!-~]+$/.test(text) || /["'<>\\^`{|}#]/.test(text) || !URL.canParse(text))
    return false
  const url = new URL(text)
  if (url.username !== '' || url.password !== '' || !text.toLowerCase().startsWith(url.protocol)) return false
  if (url.protocol === 'https:') return /^https:\/\/[^/?@]+/i.test(text) && url.hostname !== ''
  return url.protocol === 'http:' ? LOOPBACK.test(text) : !BROWSER_SCHEMES.has(url.protocol)
}

/**
 * The same address, character by character; only the port on the own computer may be another one, because a program
 * takes one that is free.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8252#section-7.3
 */
export const isSameRedirect = (registered: string, given: string): boolean => {
  if (registered === given) return true
  const [, host, rest] = LOOPBACK.exec(registered) ?? []
  const [, givenHost, givenRest] = LOOPBACK.exec(given) ?? []
  return host !== undefined && host === givenHost && rest === givenRest && isRedirectUri(given)
}

/** Where an address leads, for people: a host, or the scheme of an app. */
export const redirectHost = (text: string): string => {
  const { protocol, host } = new URL(text)
  return protocol === 'https:' || protocol === 'http:' ? host : protocol
}

/** The same for a content security policy. */
export const redirectSource = (text: string): string => {
  const { protocol, origin } = new URL(text)
  return protocol === 'https:' || protocol === 'http:' ? origin : protocol
}
