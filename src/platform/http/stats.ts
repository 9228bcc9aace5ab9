/** Counts of one route, kept as plain numbers because they change on every request. */
export interface RouteStats {
  readonly route: string
  /** By status class: index 2 holds 2xx. */
  readonly byClass: number[]
  totalMs: number
}

export interface HttpStats {
  /** @returns The counters of a route, made at its first use. */
  of(route: string): RouteStats
  all(): Iterable<RouteStats>
}

export const httpStats = (): HttpStats => {
  const routes = new Map<string, RouteStats>()
  return {
    of(route) {
      const stats = routes.get(route) ?? { route, byClass: [0, 0, 0, 0, 0, 0], totalMs: 0 }
      routes.set(route, stats)
      return stats
    },
    all: () => routes.values(),
  }
}
