/** What Telegram puts in front of a description that does not carry it already. */
const PREFIXES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  413: 'Request Entity Too Large',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
}

export interface FailureParameters {
  retry_after?: number
  migrate_to_chat_id?: number
}

/** A refusal, already in Telegram's words. */
export class ApiFailure extends Error {
  readonly errorCode: number
  readonly parameters: FailureParameters | undefined

  /** @param description The whole sentence, prefix included. */
  constructor(errorCode: number, description: string, parameters?: FailureParameters) {
    super(description)
    this.name = 'ApiFailure'
    this.errorCode = errorCode
    this.parameters = parameters
  }
}

/**
 * Telegram's rule: the prefix of the code, then the message with its first letter lowered, unless its second character
 * says that it is a CONSTANT_CASE code.
 */
export const describeFailure = (errorCode: number, message: string): string => {
  const prefix = PREFIXES[errorCode] ?? 'Bad Request'
  if (message.startsWith(prefix)) return message
  if (message === '') return prefix
  const isConstant = /^.[_A-Z]/s.test(message)
  return `${prefix}: ${isConstant ? message : message.charAt(0).toLowerCase() + message.slice(1)}`
}

export const badRequest = (message: string, parameters?: FailureParameters) =>
  new ApiFailure(400, describeFailure(400, message), parameters)

export const forbidden = (message: string) => new ApiFailure(403, describeFailure(403, message))

export const tooManyRequests = (retryAfterSeconds: number) =>
  new ApiFailure(429, `Too Many Requests: retry after ${retryAfterSeconds}`, { retry_after: retryAfterSeconds })
