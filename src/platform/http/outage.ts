// PostgreSQL: connection failures, too many connections, shutting down, starting up, disk full.
// The operating system: nobody answers, or the connection broke.
const CODES =
  /^(08\w{3}|53[1234]00|57P0[123]|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|ENOSPC)$/
// SQLite: busy, read/write error, full, cannot open.
const SQLITE = new Set([5, 10, 13, 14])
// The PostgreSQL driver gives these no code.
const SENTENCES =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/

/** Whether an error says that something we depend on is away, as opposed to a bug of ours: the same call may pass soon. */
export const isOutage = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false
  const { code, errcode } = error as Error & { code?: unknown; errcode?: unknown }
  if (code === 'ERR_SQLITE_ERROR') return typeof errcode === 'number' && SQLITE.has(errcode & 0xff)
  return (typeof code === 'string' && CODES.test(code)) || SENTENCES.test(error.message)
}
