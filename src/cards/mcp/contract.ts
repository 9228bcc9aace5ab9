import { defineErrors } from '../../platform/errors.ts'
import { bytes, endpoint, rawBody } from '../../platform/http/contract.ts'

export const McpErrors = defineErrors({
  NOT_ACCEPTABLE: [406, 'This address answers JSON. Send Accept: application/json, text/event-stream.'],
  PROTOCOL_VERSION: [400, 'This server does not speak the version of MCP in the header MCP-Protocol-Version.'],
})

/** Versions of the Model Context Protocol that we speak, our own choice first. */
export const PROTOCOL_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const

export const callMcp = endpoint({
  method: 'POST',
  path: '/mcp',
  scope: 'any',
  by: ['key'],
  summary: 'The Model Context Protocol: cards as tools',
  description:
    'JSON-RPC 2.0 over HTTP, stateless, answered in JSON: `initialize`, `ping`, `tools/list`, `tools/call`. Several messages in an array are answered in an array. Each call of a tool needs the scope of the endpoint that it stands for, and counts as one request.',
  body: rawBody(),
  returns: [200, bytes('application/json')],
  also: [202],
  errors: McpErrors,
})
