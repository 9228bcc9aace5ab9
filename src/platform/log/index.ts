import pino from 'pino'
import { redact } from './redact.ts'

/** Structured log: JSON lines on stderr, one event a line. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Log
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/**
 * Every line passes through `redact` as its last step, so a secret cannot slip in through a message, a stack trace or
 * a field that nobody thought of.
 *
 * @param write Where the finished lines go; stderr unless a test wants to read them.
 */
export const createLog = (level: LogLevel, write?: (line: string) => void): Log => {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: pino.stdSerializers.errWithCause },
    hooks: { streamWrite: redact },
  }
  return write === undefined ? pino(options, pino.destination({ fd: 2, sync: true })) : pino(options, { write })
}
