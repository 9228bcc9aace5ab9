import type { Surface } from './probe-server.ts'

/** The status of each kind of failure, and its body on each surface, byte for byte. The words that are published stand here as published. */
export const GOLDEN: Readonly<Record<string, readonly [status: number, bodies: Readonly<Record<Surface, string>>]>> = {
  missing: [
    401,
    {
      files: '{"error":"API key missing or invalid","code":"unauthorized","request_id":"golden-request-1"}',
      bots: '{"ok":false,"result":"Authentication required","msg":"Authentication required","code":"auth_missing"}',
      cards: '{"code":"UNAUTHORIZED","error":"Missing or invalid Authorization header","requestId":"golden-request-1"}',
    },
  ],
  'no-bearer': [
    401,
    {
      files: '{"error":"API key missing or invalid","code":"unauthorized","request_id":"golden-request-1"}',
      bots: '{"ok":false,"result":"Invalid API key","msg":"Invalid API key","code":"auth_malformed"}',
      cards: '{"code":"UNAUTHORIZED","error":"Missing or invalid Authorization header","requestId":"golden-request-1"}',
    },
  ],
  malformed: [
    401,
    {
      files: '{"error":"API key missing or invalid","code":"unauthorized","request_id":"golden-request-1"}',
      bots: '{"ok":false,"result":"Invalid API key","msg":"Invalid API key","code":"auth_invalid"}',
      cards: '{"code":"INVALID_API_KEY","error":"Invalid or revoked API key","requestId":"golden-request-1"}',
    },
  ],
  unknown: [
    401,
    {
      files: '{"error":"API key missing or invalid","code":"unauthorized","request_id":"golden-request-1"}',
      bots: '{"ok":false,"result":"Invalid API key","msg":"Invalid API key","code":"auth_invalid"}',
      cards: '{"code":"INVALID_API_KEY","error":"Invalid or revoked API key","requestId":"golden-request-1"}',
    },
  ],
  revoked: [
    401,
    {
      files: '{"error":"API key missing or invalid","code":"unauthorized","request_id":"golden-request-1"}',
      bots: '{"ok":false,"result":"Invalid API key","msg":"Invalid API key","code":"auth_invalid"}',
      cards: '{"code":"INVALID_API_KEY","error":"Invalid or revoked API key","requestId":"golden-request-1"}',
    },
  ],
  expired: [
    401,
    {
      files: '{"error":"API key missing or invalid","code":"unauthorized","request_id":"golden-request-1"}',
      bots: '{"ok":false,"result":"Invalid API key","msg":"Invalid API key","code":"auth_invalid"}',
      cards: '{"code":"INVALID_API_KEY","error":"Invalid or revoked API key","requestId":"golden-request-1"}',
    },
  ],
  'account-deleted': [
    401,
    {
      files: '{"error":"API key missing or invalid","code":"unauthorized","request_id":"golden-request-1"}',
      bots: '{"ok":false,"result":"Invalid API key","msg":"Invalid API key","code":"auth_invalid"}',
      cards: '{"code":"INVALID_API_KEY","error":"Invalid or revoked API key","requestId":"golden-request-1"}',
    },
  ],
  'two-credentials': [
    400,
    {
      files:
        '{"error":"Two different credentials were sent. Send exactly one.","code":"auth_ambiguous","request_id":"golden-request-1"}',
      bots: '{"ok":false,"result":"Two different credentials were sent. Send exactly one.","msg":"Two different credentials were sent. Send exactly one.","code":"auth_ambiguous"}',
      cards:
        '{"code":"BAD_REQUEST","error":"Two different credentials were sent. Send exactly one.","requestId":"golden-request-1"}',
    },
  ],
  scope: [
    403,
    {
      files:
        '{"error":"This key lacks the permission that the request needs.","code":"forbidden","request_id":"golden-request-1","details":{"scope":"files:read"}}',
      bots: '{"ok":false,"result":"This key lacks the permission that the request needs.","msg":"This key lacks the permission that the request needs.","code":"scope_missing"}',
      cards:
        '{"code":"FORBIDDEN","error":"This key lacks the permission that the request needs.","requestId":"golden-request-1","details":{"scope":"cards:read"}}',
    },
  ],
  plan: [
    403,
    {
      files:
        '{"error":"The plan of this account does not include API access.","code":"plan_required","request_id":"golden-request-1"}',
      bots: '{"ok":false,"result":"The plan of this account does not include API access.","msg":"The plan of this account does not include API access.","code":"plan_required"}',
      cards:
        '{"code":"FORBIDDEN","error":"The plan of this account does not include API access.","requestId":"golden-request-1"}',
    },
  ],
  'not-yours': [
    404,
    {
      files: '{"error":"There is nothing here. Check the address.","code":"not_found","request_id":"golden-request-1"}',
      bots: '{"ok":false,"result":"There is nothing here. Check the address.","msg":"There is nothing here. Check the address.","code":"not_found"}',
      cards: '{"code":"NOT_FOUND","error":"There is nothing here. Check the address.","requestId":"golden-request-1"}',
    },
  ],
  'no-such-address': [
    404,
    {
      files: '{"error":"There is nothing here. Check the address.","code":"not_found","request_id":"golden-request-1"}',
      bots: '{"ok":false,"result":"There is nothing here. Check the address.","msg":"There is nothing here. Check the address.","code":"not_found"}',
      cards: '{"code":"NOT_FOUND","error":"There is nothing here. Check the address.","requestId":"golden-request-1"}',
    },
  ],
  'store-down': [
    503,
    {
      files:
        '{"error":"The service cannot answer right now. Try again shortly.","code":"unavailable","request_id":"golden-request-1"}',
      bots: '{"ok":false,"result":"The service cannot answer right now. Try again shortly.","msg":"The service cannot answer right now. Try again shortly.","code":"unavailable"}',
      cards:
        '{"code":"INTERNAL_ERROR","error":"The service cannot answer right now. Try again shortly.","requestId":"golden-request-1"}',
    },
  ],
  internal: [
    500,
    {
      files:
        '{"error":"Something went wrong on the server. The request id finds it in the log.","code":"internal","request_id":"golden-request-1"}',
      bots: '{"ok":false,"result":"Something went wrong on the server. The request id finds it in the log.","msg":"Something went wrong on the server. The request id finds it in the log.","code":"internal"}',
      cards:
        '{"code":"INTERNAL_ERROR","error":"Something went wrong on the server. The request id finds it in the log.","requestId":"golden-request-1"}',
    },
  ],
  method: [
    405,
    {
      files:
        '{"error":"This address does not take that method.","code":"method_not_allowed","request_id":"golden-request-1"}',
      bots: '{"ok":false,"result":"This address does not take that method.","msg":"This address does not take that method.","code":"method_not_allowed"}',
      cards:
        '{"code":"METHOD_NOT_ALLOWED","error":"This address does not take that method.","requestId":"golden-request-1"}',
    },
  ],
  'malformed-json': [
    400,
    {
      files: '{"error":"The body is not valid JSON.","code":"malformed_json","request_id":"golden-request-1"}',
      bots: '{"ok":false,"result":"The body is not valid JSON.","msg":"The body is not valid JSON.","code":"malformed_json"}',
      cards: '{"code":"BAD_REQUEST","error":"The body is not valid JSON.","requestId":"golden-request-1"}',
    },
  ],
  'wrong-type': [
    400,
    {
      files:
        '{"error":"text: Invalid input: expected string, received number","code":"invalid_input","request_id":"golden-request-1","details":[{"path":"body.text","message":"text: Invalid input: expected string, received number"}]}',
      bots: '{"ok":false,"result":"text: Invalid input: expected string, received number","msg":"text: Invalid input: expected string, received number","code":"invalid_input"}',
      cards:
        '{"code":"INVALID_INPUT","error":"text: Invalid input: expected string, received number","requestId":"golden-request-1","details":[{"path":"body.text","message":"text: Invalid input: expected string, received number"}]}',
    },
  ],
  'bad-text': [
    400,
    {
      files:
        '{"error":"Text must be valid Unicode without NUL characters.","code":"invalid_text","request_id":"golden-request-1"}',
      bots: '{"ok":false,"result":"Text must be valid Unicode without NUL characters.","msg":"Text must be valid Unicode without NUL characters.","code":"invalid_text"}',
      cards:
        '{"code":"INVALID_INPUT","error":"Text must be valid Unicode without NUL characters.","requestId":"golden-request-1"}',
    },
  ],
  'media-type': [
    415,
    {
      files:
        '{"error":"This address takes another Content-Type.","code":"unsupported_media_type","request_id":"golden-request-1"}',
      bots: '{"ok":false,"result":"This address takes another Content-Type.","msg":"This address takes another Content-Type.","code":"unsupported_media_type"}',
      cards: '{"code":"BAD_REQUEST","error":"This address takes another Content-Type.","requestId":"golden-request-1"}',
    },
  ],
  'content-encoding': [
    415,
    {
      files:
        '{"error":"Send the body without Content-Encoding.","code":"unsupported_media_type","request_id":"golden-request-1"}',
      bots: '{"ok":false,"result":"Send the body without Content-Encoding.","msg":"Send the body without Content-Encoding.","code":"unsupported_media_type"}',
      cards: '{"code":"BAD_REQUEST","error":"Send the body without Content-Encoding.","requestId":"golden-request-1"}',
    },
  ],
  'too-large': [
    413,
    {
      files:
        '{"error":"The body is larger than this address accepts.","code":"payload_too_large","request_id":"golden-request-1"}',
      bots: '{"ok":false,"result":"The body is larger than this address accepts.","msg":"The body is larger than this address accepts.","code":"payload_too_large"}',
      cards:
        '{"code":"CONTENT_TOO_LARGE","error":"The body is larger than this address accepts.","requestId":"golden-request-1"}',
    },
  ],
  'many-headers': [
    431,
    {
      files:
        '{"error":"The request has too many or too large headers.","code":"headers_too_large","request_id":"golden-request-1"}',
      bots: '{"ok":false,"result":"The request has too many or too large headers.","msg":"The request has too many or too large headers.","code":"headers_too_large"}',
      cards:
        '{"code":"BAD_REQUEST","error":"The request has too many or too large headers.","requestId":"golden-request-1"}',
    },
  ],
  limited: [
    429,
    {
      files:
        '{"error":"Rate limit exceeded. Try again after the time in Retry-After.","code":"rate_limited","request_id":"golden-request-1"}',
      bots: '{"ok":false,"result":"Rate limit exceeded","msg":"Rate limit exceeded","code":"rate_limited"}',
      cards:
        '{"code":"RATE_LIMITED","error":"Too many requests","retryAt":1768473060000,"requestId":"golden-request-1"}',
    },
  ],
}
