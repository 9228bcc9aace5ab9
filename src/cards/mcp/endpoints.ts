import { z } from 'zod'
import { AppError } from '../../platform/errors.ts'
import { type EndpointSpec, isBytesReply } from '../../platform/http/contract.ts'
import { type Caller, Failures, type Gate, type RequestInfo, type Route, scopeBit } from '../../platform/http/index.ts'
import { parseInput } from '../../platform/http/parse.ts'
import { type Input, isReply } from '../../platform/http/route.ts'
import { serializerFor } from '../../platform/http/serialize.ts'
import { mcpDialect } from './dialect.ts'

/** What an endpoint is called with; texts in `query`, as they would stand in a URL. */
export interface EndpointCall {
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** An endpoint of this server that can be called from within, as one request of a caller. */
export interface LocalEndpoint {
  readonly spec: EndpointSpec
  /**
   * Checks and answers the call like a request from outside, and shows no field that the contract does not.
   *
   * @returns What its JSON says; null for an endpoint without an answer.
   * @throws {AppError} SCOPE_MISSING, INVALID_INPUT, and what the endpoint refuses
   */
  call(caller: Caller, request: RequestInfo, call: EndpointCall): Promise<unknown>
}

/** @returns undefined where the server has no such endpoint. */
export const localEndpoint = (routes: readonly Route[], method: string, path: string): LocalEndpoint | undefined => {
  const route = routes.find(({ endpoint }) => endpoint.method === method && endpoint.path === path)
  if (route === undefined) return undefined
  const { endpoint } = route
  const [, schema] = endpoint.returns
  if (schema !== null && isBytesReply(schema)) throw new Error(`${method} ${path} does not answer JSON.`)
  const print = schema === null ? undefined : serializerFor(schema)
  return {
    spec: endpoint,
    async call(caller, request, call) {
      assertScope(caller, endpoint)
      const answer = await route.handle(toInput(endpoint, caller, request, call))
      const value: unknown = isReply(answer) ? answer.value : answer
      return print === undefined || value === undefined ? null : JSON.parse(print(value))
    },
  }
}

const assertScope = ({ scopes }: Caller, { scope }: EndpointSpec): void => {
  if (scope === 'any' || scope === 'public' || (scopes & scopeBit(scope)) !== 0) return
  throw new AppError(Failures.SCOPE_MISSING, { details: { scope } })
}

const toInput = (
  endpoint: EndpointSpec,
  caller: Caller,
  request: RequestInfo,
  { params, query, body }: EndpointCall,
): Input<EndpointSpec> => {
  const parse = (schema: unknown, value: unknown, part: string) =>
    (schema instanceof z.ZodType ? parseInput(schema, value ?? {}, part) : {}) as never
  return {
    caller,
    params: parse(endpoint.params, params, 'params'),
    query: parse(endpoint.query, query, 'query'),
    body: parse(endpoint.body, body, 'body'),
    request: toRequest(endpoint, request),
    form: () => Promise.reject(new Error('A tool sends no form.')),
  }
}

// The headers are those of the message around the call: a condition or a key in them was not meant for this endpoint.
const toRequest = ({ method }: EndpointSpec, { id, ip, raw, signal }: RequestInfo): RequestInfo => ({
  id,
  ip,
  method,
  headers: {},
  raw,
  signal,
})

/**
 * Lets a call in by itself, with the credential of the request that brought it: it is charged like a request.
 *
 * @throws {AppError} RATE_LIMITED, or AUTH_INVALID for a key that has been revoked since the call before
 */
export const admitAgain = async (gate: Gate, endpoint: EndpointSpec, { id, ip, raw }: RequestInfo): Promise<Caller> => {
  const context = { id, ip, raw, endpoint, dialect: mcpDialect, headers: [], caller: null, body: undefined }
  const entering: { caller: Caller | null } & typeof context = context
  await gate.admit(entering)
  if (entering.caller === null) throw new AppError(Failures.AUTH_INVALID)
  return entering.caller
}
