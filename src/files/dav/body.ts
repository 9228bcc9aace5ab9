import { AppError } from '../../platform/errors.ts'
import { Failures, type RequestInfo } from '../../platform/http/index.ts'
import { type Element, parseXml } from './xml.ts'

const MAX_BODY_BYTES = 256 * 1024

/** Whether a request announces a body. */
export const hasBody = ({ headers }: RequestInfo): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'

/** @returns Undefined without a body. @throws {AppError} PAYLOAD_TOO_LARGE, INVALID_XML */
export const readXml = async (request: RequestInfo): Promise<Element | undefined> => {
  if (!hasBody(request)) return undefined
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw new AppError(Failures.PAYLOAD_TOO_LARGE)
  const pieces: Buffer[] = []
  let size = 0
  // Leaving the loop must not close the connection before the answer is on it.
  for await (const piece of request.raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > MAX_BODY_BYTES) throw new AppError(Failures.PAYLOAD_TOO_LARGE)
    pieces.push(piece)
  }
  return size === 0 ? undefined : parseXml(Buffer.concat(pieces))
}
