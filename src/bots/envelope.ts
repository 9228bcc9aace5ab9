import { z } from 'zod'

/** The published API wraps every answer: `{"ok": true, "result": …}`. */
export const ok = <T extends z.ZodType>(result: T) => z.object({ ok: z.literal(true), result })

export const wrap = <T>(result: T): { ok: true; result: T } => ({ ok: true, result })

/** Path parameters of everything below one bot. Any text may stand there: what is no bot is not found. */
export const BotPath = z.object({ botid: z.string() })

/** A boolean; in a form-encoded body, which has texts only, the words `true` and `false`. */
export const Flag = z.preprocess(
  (given: boolean | 'true' | 'false') => (given === 'true' ? true : given === 'false' ? false : given),
  z.boolean(),
)
