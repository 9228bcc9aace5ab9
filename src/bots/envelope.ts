import { z } from 'zod'

/** The published API wraps every answer: `{"ok": true, "result": …}`. */
export const ok = <T extends z.ZodType>(result: T) => z.object({ ok: z.literal(true), result })

export const wrap = <T>(result: T): { ok: true; result: T } => ({ ok: true, result })

/** Path parameters of everything below one bot. */
export const BotPath = z.object({ botid: z.string().max(64) })
