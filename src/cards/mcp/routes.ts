import { z } from 'zod'
import type { Clock } from '../../platform/clock.ts'
import { AppError } from '../../platform/errors.ts'
import { type Caller, type Gate, type RequestInfo, type Route, reply, route } from '../../platform/http/index.ts'
import { parseJsonBody } from '../../platform/http/parse.ts'
import { assertCleanText } from '../../platform/http/text.ts'
import { VERSION } from '../../version.ts'
import { cardsDialect } from '../dialect.ts'
import { callMcp, PROTOCOL_VERSIONS } from './contract.ts'
import { toToolFailure } from './dialect.ts'
import type { DocumentParts } from './documents.ts'
import { admitAgain } from './endpoints.ts'
import { answerOf, assertHeaders, errorOf, parseMessage, RPC, RpcError, type RpcRequest, readBody } from './messages.ts'
import { metadataRoutes } from './metadata.ts'
import { toolsOver } from './tools.ts'

export interface McpParts extends DocumentParts {
  readonly gate: Gate
  readonly clock: Clock
  /** Of a message, or of an array of them. */
  readonly bodyLimitBytes: number
}

/** Who calls a tool: a message's first call is what its request was let in for, and each further one is asked again. */
interface Session {
  readonly request: RequestInfo
  enter(): Promise<Caller>
}

const MAX_MESSAGES = 100
const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }

const Initialize = z.object({ protocolVersion: z.string().default('') })
const CallTool = z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()).default({}) })

/**
 * The Model Context Protocol, without sessions and streams: whatever a request needs is in it, so that any process can
 * answer it.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
 */
export const mcpRoutes = (parts: McpParts): Route[] => {
  const { gate, clock, bodyLimitBytes } = parts
  const tools = toolsOver(parts)
  const byName = new Map(tools.map((tool) => [tool.name, tool]))
  const listed = tools.map(({ call: _call, ...shown }) => shown)

  const callTool = async (params: unknown, session: Session): Promise<unknown> => {
    const { name, arguments: given } = parsed(CallTool, params)
    const tool = byName.get(name)
    if (tool === undefined) throw new RpcError(RPC.INVALID_PARAMS, `There is no tool ${JSON.stringify(name)}.`)
    try {
      const caller = await session.enter()
      assertCleanText(given)
      return toResult(await tool.call(caller, session.request, given))
    } catch (error) {
      // What is a bug, or an outage, fails the whole request, where it is logged.
      if (!(error instanceof AppError) || error.status >= 500) throw error
      const context = { requestId: session.request.id, nowMs: clock.now().getTime() }
      const failure = toToolFailure(cardsDialect.failure(error, context))
      return {
        content: [{ type: 'text', text: failure.error }],
        structuredContent: { status: error.status, ...failure },
        isError: true,
      }
    }
  }

  const methods: Readonly<Record<string, (params: unknown, session: Session) => unknown>> = {
    initialize: (params) => ({
      protocolVersion: negotiate(parsed(Initialize, params).protocolVersion),
      capabilities: { tools: {} },
      serverInfo: { name: 'latchkey', title: 'Latchkey', version: VERSION },
    }),
    ping: () => ({}),
    'tools/list': () => ({ tools: listed }),
    'tools/call': callTool,
  }

  const answer = async ({ id, method, params }: RpcRequest, session: Session): Promise<object> => {
    const known = Object.hasOwn(methods, method) ? methods[method] : undefined
    if (known === undefined) return errorOf(id, RPC.METHOD_NOT_FOUND, `There is no method ${JSON.stringify(method)}.`)
    try {
      return answerOf(id, await known(params, session))
    } catch (error) {
      if (error instanceof RpcError) return errorOf(id, error.code, error.message)
      throw error
    }
  }

  /** In their order: what a message changes, the next one sees. */
  const answerAll = async (values: readonly unknown[], session: Session): Promise<object[]> => {
    const answers: object[] = []
    for (const value of values) {
      const message = parseMessage(value)
      if (message.kind === 'request') answers.push(await answer(message.request, session))
      if (message.kind === 'invalid')
        answers.push(errorOf(message.id, RPC.INVALID_REQUEST, 'This is no JSON-RPC 2.0 message.'))
    }
    return answers
  }

  return [
    ...metadataRoutes(parts.publicUrl),
    route(callMcp, async ({ caller, request }) => {
      assertHeaders(request)
      const body = parseBody(await readBody(request, bodyLimitBytes))
      if ('failure' in body) return reply(200, JSON.stringify(body.failure), JSON_HEADERS)
      const isBatch = Array.isArray(body.value)
      const answers = await answerAll(isBatch ? body.value : [body.value], sessionOf(gate, caller, request))
      if (answers.length === 0) return reply(202, null)
      return reply(200, JSON.stringify(isBatch ? answers : answers[0]), JSON_HEADERS)
    }),
  ]
}

const sessionOf = (gate: Gate, caller: Caller, request: RequestInfo): Session => {
  let calls = 0
  return {
    request,
    enter: async () => {
      calls += 1
      return calls === 1 ? caller : admitAgain(gate, callMcp, request)
    },
  }
}

type Body = { readonly value: unknown } | { readonly failure: object }

const parseBody = (bytes: Buffer): Body => {
  const value = parseJson(bytes)
  if (value === undefined) return { failure: errorOf(null, RPC.PARSE_ERROR, 'The body is not valid JSON.') }
  const count = Array.isArray(value) ? value.length : 1
  if (count > 0 && count <= MAX_MESSAGES) return { value }
  return { failure: errorOf(null, RPC.INVALID_REQUEST, `Send 1 to ${MAX_MESSAGES} messages at a time.`) }
}

const parseJson = (bytes: Buffer): unknown => {
  try {
    return parseJsonBody(bytes)
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}

// A version that we do not know gets ours: whether it can speak that is for the client to say.
const negotiate = (wanted: string): string =>
  PROTOCOL_VERSIONS.find((version) => version === wanted) ?? PROTOCOL_VERSIONS[0]

const parsed = <T extends z.ZodType>(schema: T, params: unknown): z.infer<T> => {
  const result = schema.safeParse(params)
  if (!result.success) throw new RpcError(RPC.INVALID_PARAMS, z.prettifyError(result.error))
  return result.data
}

const toResult = (value: unknown) => ({
  content: [{ type: 'text', text: JSON.stringify(value) }],
  structuredContent: value,
})
