import { AppError, type ErrorEntry } from '../../platform/errors.ts'
import type { Dialect } from '../../platform/http/index.ts'
import { windowHeaders } from '../../platform/limits/index.ts'
import { escapeXml, XML_HEAD } from './xml.ts'

/** The name that RFC 4918 has for what was violated, and by which resources. */
interface Violation {
  readonly condition: string
  readonly hrefs: readonly string[]
}

/**
 * A refusal that clients recognize by more than its status.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4918#section-16
 */
export const violation = (entry: ErrorEntry, condition: string, hrefs: readonly string[] = []): AppError =>
  new AppError(entry, { details: { condition, hrefs } satisfies Violation })

const isViolation = (details: unknown): details is Violation =>
  typeof details === 'object' && details !== null && 'condition' in details && 'hrefs' in details

/** What file managers speak: WebDAV, with the key as password. */
export const davDialect: Dialect = {
  name: 'dav',
  prefixes: ['/dav'],
  carriers: ['bearer', 'basic', 'x-api-key'],
  formBodies: false,
  failureType: 'application/xml; charset=utf-8',
  code: ({ code }) => code.toLowerCase(),
  failure(error, { requestId }) {
    const { details, code, message } = error
    const known = isViolation(details) ? printViolation(details) : ''
    const own = `<L:code>${code.toLowerCase()}</L:code><L:message>${escapeXml(message)}</L:message><L:request-id>${escapeXml(requestId)}</L:request-id>`
    return `${XML_HEAD}<D:error xmlns:D="DAV:" xmlns:L="urn:latchkey">${known}${own}</D:error>\n`
  },
  limitHeaders: (decision) => windowHeaders(decision.states[0]),
}

const printViolation = ({ condition, hrefs }: Violation): string =>
  `<D:${condition}>${hrefs.map((href) => `<D:href>${escapeXml(href)}</D:href>`).join('')}</D:${condition}>`
