import type { Clock } from '../../clock.ts'

export type EmulatorTime = ReturnType<typeof emulatorTime>

/**
 * Telegram's durations, on our clock. With a scale of 0.01 an hour takes 36 seconds, and every window, hold and expiry
 * shrinks alike; dates that a bot sees stay real.
 */
export const emulatorTime = (clock: Clock, scale: number) => {
  let jumpedMs = 0
  const nowMs = () => clock.now().getTime() + jumpedMs
  return {
    nowMs,
    /** A date as messages carry it. */
    unixSeconds: () => Math.floor(nowMs() / 1000),
    monotonicMs: () => clock.monotonicMs() + jumpedMs,
    /** @returns How many milliseconds `seconds` of Telegram's time take here. */
    toMs: (seconds: number) => seconds * 1000 * scale,
    /** @returns How many of Telegram's seconds `ms` of our time are. */
    toSeconds: (ms: number) => ms / 1000 / scale,
    /** From now on Telegram's clock is ahead of ours by this much more, unscaled; timers that run are left alone. */
    jump(seconds: number): void {
      jumpedMs += seconds * 1000
    },
  }
}
