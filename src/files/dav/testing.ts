import type { TestAccount } from '../../../test/app.ts'
import { type Element, elementsOf, findDav, isDav, nameText, parseXml, textOf } from './xml.ts'

export interface DavAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

interface DavRequest {
  readonly headers?: Record<string, string>
  readonly body?: RequestInit['body']
}

/** @param path Below `/dav`, as it is to be sent. */
export const dav = async (
  ada: TestAccount,
  method: string,
  path: string,
  { headers = {}, body }: DavRequest = {},
): Promise<DavAnswer> => {
  const response = await ada.fetch(`/dav${path}`, { method, headers, ...(body === undefined ? {} : { body }) })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

/** Sends it and tells only how it went. */
export const statusOf = async (...call: Parameters<typeof dav>): Promise<number> => (await dav(...call)).status

/** The child elements of WebDAV's own that an error holds, by name. */
export const conditionsOf = ({ text }: DavAnswer): string[] =>
  elementsOf(parseXml(Buffer.from(text)))
    .filter(({ namespace }) => namespace === 'DAV:')
    .map(({ local }) => local)

/** What a multistatus says: by href the properties with their text, those that are not there as null. */
export const resourcesOf = ({ text }: DavAnswer): Map<string, Map<string, string | null>> => {
  const responses = elementsOf(parseXml(Buffer.from(text))).filter((one) => isDav(one, 'response'))
  return new Map(responses.map((one) => [textOf(findDav(one, 'href') ?? one), propertiesOf(one)]))
}

const propertiesOf = (response: Element): Map<string, string | null> => {
  const found = new Map<string, string | null>()
  for (const stat of elementsOf(response).filter((one) => isDav(one, 'propstat'))) {
    const status = textOf(findDav(stat, 'status') ?? stat)
    for (const property of elementsOf(findDav(stat, 'prop') ?? stat))
      found.set(nameText(property), status.includes(' 200 ') ? textOf(property) : null)
  }
  return found
}

/** The hrefs of a folder and what is in it. Not parsed: the parser is for what clients send, and takes no large answers. */
export const listOf = async (ada: TestAccount, path: string): Promise<string[]> => {
  const { text } = await dav(ada, 'PROPFIND', path, { headers: { depth: '1' } })
  return [...text.matchAll(/<D:response><D:href>([^<]*)</g)].map(([, href = '']) => href)
}

/** One property of WebDAV's own. */
export const propertyOf = async (ada: TestAccount, path: string, name: string): Promise<string | null | undefined> => {
  const answer = await dav(ada, 'PROPFIND', path, {
    headers: { depth: '0' },
    body: `<propfind xmlns="DAV:"><prop><${name}/></prop></propfind>`,
  })
  return [...resourcesOf(answer).values()][0]?.get(`{DAV:}${name}`)
}

export const LOCK_INFO =
  '<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>' +
  '<D:locktype><D:write/></D:locktype><D:owner><D:href>mailto:ada@example.org</D:href></D:owner></D:lockinfo>'

/** @returns The token, with its brackets. */
export const lock = async (ada: TestAccount, path: string, headers: Record<string, string> = {}): Promise<string> => {
  const answer = await dav(ada, 'LOCK', path, { headers, body: LOCK_INFO })
  const token = answer.headers.get('lock-token')
  if (token === null) throw new Error(`${answer.status} ${answer.text}`)
  return token
}
