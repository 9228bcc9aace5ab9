import { z } from 'zod'
import { AppError } from '../../platform/errors.ts'
import { Failures, type RequestInfo } from '../../platform/http/index.ts'
import { McpErrors, PROTOCOL_VERSIONS } from './contract.ts'

/** @see https://www.jsonrpc.org/specification#error_object */
export const RPC = {
  PARSE_ERROR: -32700,
  INVALID_REQUEST: -32600,
  METHOD_NOT_FOUND: -32601,
  INVALID_PARAMS: -32602,
} as const

/** A refusal by the protocol, as opposed to a tool that failed. */
export class RpcError extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.name = 'RpcError'
    this.code = code
  }
}

const Id = z.union([z.string().max(1000), z.number()])
export type RpcId = z.infer<typeof Id>

const Params = z.record(z.string(), z.unknown()).default({})
const RpcRequest = z.object({ jsonrpc: z.literal('2.0'), id: Id, method: z.string(), params: Params })
const RpcNotification = z.object({ jsonrpc: z.literal('2.0'), method: z.string() })
// We ask clients nothing, but some answer what they were asked elsewhere.
const RpcResponse = z
  .object({ jsonrpc: z.literal('2.0'), id: Id, result: z.unknown(), error: z.unknown() })
  .partial({ result: true, error: true })

export type RpcRequest = z.infer<typeof RpcRequest>

/** One message: a request, one that wants no answer, or one that is none and may still have an id to answer to. */
export type Message =
  | { readonly kind: 'request'; readonly request: RpcRequest }
  | { readonly kind: 'silent' }
  | { readonly kind: 'invalid'; readonly id: RpcId | null }

export const parseMessage = (value: unknown): Message => {
  const request = RpcRequest.safeParse(value)
  if (request.success) return { kind: 'request', request: request.data }
  const shape = z.looseObject({}).safeParse(value).data ?? {}
  if (!('id' in shape) && RpcNotification.safeParse(value).success) return { kind: 'silent' }
  if (!('method' in shape) && RpcResponse.safeParse(value).success) return { kind: 'silent' }
  return { kind: 'invalid', id: Id.safeParse(shape.id).data ?? null }
}

export const answerOf = (id: RpcId, result: unknown) => ({ jsonrpc: '2.0', id, result })

export const errorOf = (id: RpcId | null, code: number, message: string) => ({
  jsonrpc: '2.0',
  id,
  error: { code, message },
})

/**
 * Checks what the headers say of both bodies. A client names JSON and event streams, and gets JSON.
 *
 * @throws {AppError} NOT_ACCEPTABLE, UNSUPPORTED_MEDIA_TYPE, PROTOCOL_VERSION
 */
export const assertHeaders = ({ headers }: RequestInfo): void => {
  if (headers.accept !== undefined && !accepts(headers.accept)) throw new AppError(McpErrors.NOT_ACCEPTABLE)
  if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? ''))
    throw new AppError(Failures.UNSUPPORTED_MEDIA_TYPE)
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity')
    throw new AppError(Failures.UNSUPPORTED_MEDIA_TYPE, { message: 'Send the body without Content-Encoding.' })
  const version = headers['mcp-protocol-version']
  if (version !== undefined && !PROTOCOL_VERSIONS.some((known) => known === version))
    throw new AppError(McpErrors.PROTOCOL_VERSION)
}

const ACCEPTED = new Set(['*/*', 'application/*', 'application/json', 'text/event-stream'])

const accepts = (header: string): boolean =>
  header
    .toLowerCase()
    .split(',')
    .map((range) => range.split(';').map((part) => part.trim()))
    .some(([type = '', ...parameters]) => ACCEPTED.has(type) && !parameters.some((one) => /^q=0(\.0*)?$/.test(one)))

const BODY_TIMEOUT_MS = 60_000

/** @throws {AppError} PAYLOAD_TOO_LARGE; BODY_TIMEOUT for a body that trickles in; TRUNCATED */
export const readBody = async ({ raw, headers }: RequestInfo, limitBytes: number): Promise<Buffer> => {
  if (Number(headers['content-length'] ?? 0) > limitBytes) throw new AppError(Failures.PAYLOAD_TOO_LARGE)
  const late = new AppError(Failures.BODY_TIMEOUT)
  const collect = async (): Promise<Buffer> => {
    const pieces: Buffer[] = []
    let size = 0
    // Leaving the loop must not close the connection before the answer is on it.
    for await (const piece of raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += piece.length
      if (size > limitBytes) throw new AppError(Failures.PAYLOAD_TOO_LARGE)
      pieces.push(piece)
    }
    return Buffer.concat(pieces)
  }
  const { promise: deadline, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(late), BODY_TIMEOUT_MS)
  try {
    return await Promise.race([collect(), deadline])
  } finally {
    clearTimeout(timer)
  }
}
