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
