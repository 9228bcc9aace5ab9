interface Day {
  readonly updates: number
  readonly runs: number
  readonly errors: number
  readonly new_users: number
}

/** How a figure of the newer half of the days compares with the older half; undefined where there is nothing older. */
export const deltaOf = (days: readonly Day[], what: keyof Day): number | undefined => {
  const half = Math.floor(days.length / 2)
  const sum = (part: readonly Day[]): number => part.reduce((all, day) => all + day[what], 0)
  const before = sum(days.slice(days.length - 2 * half, days.length - half))
  return half === 0 || before === 0 ? undefined : (sum(days.slice(-half)) - before) / before
}

/** Whether there is more than one day with anything to show. */
export const isWorthPlotting = (days: readonly Day[]): boolean =>
  days.filter(({ updates, runs, new_users }) => updates + runs + new_users > 0).length >= 2

/** @param share 0 to 1. @returns undefined of nothing. */
export const percentile = (values: readonly number[], share: number): number | undefined =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)]

export interface CommandFigures {
  readonly command: string
  readonly count: number
  readonly failed: number
  readonly p50: number
  readonly p95: number
}

/** How often commands ran, how often they failed and how long they took; the most used first. */
export const byCommand = (
  runs: readonly { readonly command: string; readonly outcome: string; readonly duration_ms: number }[],
): CommandFigures[] =>
  [...Map.groupBy(runs, ({ command }) => command)]
    .map(([command, own]) => {
      const times = own.map(({ duration_ms }) => duration_ms)
      return {
        command,
        count: own.length,
        failed: own.filter(({ outcome }) => outcome !== 'ok').length,
        p50: percentile(times, 0.5) ?? 0,
        p95: percentile(times, 0.95) ?? 0,
      }
    })
    .sort((a, b) => b.count - a.count)
