/** Where every part reads the time, so that a test can move it. */
export interface Clock {
  /** Wall time: what people and tokens see. It may jump. */
  now(): Date
  /** Milliseconds that never go backwards: what durations, windows and deadlines are measured with. */
  monotonicMs(): number
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
}

/** @returns What reads the wall time in Unix milliseconds, for those who ask with every request: without a `Date`. */
export const epochMsOf = (clock: Clock): (() => number) =>
  clock === systemClock ? Date.now : () => clock.now().getTime()
