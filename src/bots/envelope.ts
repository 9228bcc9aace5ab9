import { z } from 'zod'
import type { Caller } from '../platform/http/index.ts'

/** The published API wraps every answer: `{"ok": true, "result": …}`. */
export const ok = <T extends z.ZodType>(result: T) => z.object({ ok: z.literal(true), result })

export const wrap = <T>(result: T): { ok: true; result: T } => ({ ok: true, result })

/** Who changes something. */
export interface By {
  readonly accountId: string
  /** For the audit log and the versions of commands: `key:…`, `session:…`. */
  readonly actor: string
}

export const byOf = ({ accountId, kind, credentialId }: Caller): By => ({
  accountId,
  actor: `${kind}:${credentialId}`,
})

/** How long what was deleted can be brought back. */
export const TRASH_MS = 90 * 86_400_000

/** When what was deleted at a moment is deleted for good. */
export const purgedAfter = (deletedAt: number): string => new Date(deletedAt + TRASH_MS).toISOString()

/** Path parameters of everything below one bot. Any text may stand there: what is no bot is not found. */
export const BotPath = z.object({ botid: z.string() })

/** How a page of a long list is asked for. */
export const PageQuery = z.object({
  limit: z.coerce.number<string>().int().min(1).max(100).default(50),
  cursor: z.string().max(500).optional().describe('`next_cursor` of the page before.'),
})

/** A boolean; in a form-encoded body, which has texts only, the words `true` and `false`. */
export const Flag = z.preprocess(
  (given: boolean | 'true' | 'false') => (given === 'true' ? true : given === 'false' ? false : given),
  z.boolean(),
)
