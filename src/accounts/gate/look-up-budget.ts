import type { Charge, Decision, Limiter } from '../../platform/limits/index.ts'

interface Line {
  running: number
  readonly waiting: (() => void)[]
}

/** What came of a look-up: its result, or the decision by which there was none. */
export type LookUp<Found> = { readonly found: Found | undefined } | { readonly refused: Decision }

// So few that several processes together stay below the budget while all of their look-ups are good.
const AT_ONCE = 5

/**
 * A budget for looking credentials up that may turn out bad. A unit is taken before the look-up and given back after a
 * good one, so that a thousand guesses at once do not all find the budget untouched. Nor are good ones refused because
 * many come at once: while a unit is out that may come back, the next one waits for it.
 */
export const lookUpBudget = (limiter: Limiter) => {
  const lines = new Map<string, Line>()

  const lineOf = (subject: string): Line => {
    const line = lines.get(subject) ?? { running: 0, waiting: [] }
    lines.set(subject, line)
    return line
  }

  /** @param room Whether there is a unit again; without one, who waits learns of it once nothing is out any more. */
  const leave = (subject: string, line: Line, room: boolean): void => {
    line.running -= 1
    if (line.running === 0) {
      lines.delete(subject)
      for (const wake of line.waiting.splice(0)) wake()
    } else if (room) line.waiting.shift()?.()
  }

  /** @returns A refusal, or undefined with a unit taken. */
  const enter = async (charge: Charge, line: Line): Promise<Decision | undefined> => {
    line.running += 1
    let decision: Decision | undefined
    try {
      decision = await limiter.take([charge])
    } finally {
      if (decision?.allowed !== true) leave(charge.subject, line, false)
    }
    return decision.allowed ? undefined : decision
  }

  return {
    /**
     * @param recall Asked again after each wait: somebody else may have looked the same thing up.
     * @param lookUp Resolves to undefined for what is bad, which keeps the unit. When it rejects the unit comes back.
     */
    async spend<Found>(
      charge: Charge,
      recall: () => Found | undefined,
      lookUp: () => Promise<Found | undefined>,
    ): Promise<LookUp<Found>> {
      for (;;) {
        const known = recall()
        if (known !== undefined) {
          // Whoever comes next in line may find it just as quickly.
          lines.get(charge.subject)?.waiting.shift()?.()
          return { found: known }
        }
        const line = lineOf(charge.subject)
        if (line.running < AT_ONCE) {
          const refused = await enter(charge, line)
          if (refused === undefined) return { found: await run(charge, line, lookUp) }
          if (line.running === 0) return { refused }
        }
        await new Promise<void>((resolve) => line.waiting.push(resolve))
      }
    },
  }

  async function run<Found>(
    charge: Charge,
    line: Line,
    lookUp: () => Promise<Found | undefined>,
  ): Promise<Found | undefined> {
    let bad = false
    try {
      const found = await lookUp()
      bad = found === undefined
      return found
    } finally {
      try {
        if (!bad) await limiter.refund([charge])
      } finally {
        leave(charge.subject, line, true)
      }
    }
  }
}
