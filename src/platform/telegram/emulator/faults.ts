import { setTimeout as sleep } from 'node:timers/promises'
import { ApiFailure } from './failure.ts'

export interface InjectedFailure {
  errorCode: number
  /** The whole sentence, prefix included. */
  description: string
  retryAfterSeconds?: number
}

type Fault = { kind: 'fail'; failure: InjectedFailure } | { kind: 'drop' } | { kind: 'delay'; ms: number }

export type Faults = ReturnType<typeof faults>

/** Troubles that tests order in advance; each hits the next calls of a method, in order, and is then used up. */
export const faults = () => {
  const ordered: { method: string; fault: Fault }[] = []

  const order = (method: string, fault: Fault, times: number) => {
    for (let n = 0; n < times; n++) ordered.push({ method: method.toLowerCase(), fault })
  }
  const take = (method: string, kind: Fault['kind']): Fault | undefined => {
    const index = ordered.findIndex(({ method: target, fault }) => target === method && fault.kind === kind)
    return index < 0 ? undefined : ordered.splice(index, 1)[0]?.fault
  }

  return {
    /** The next calls are refused, with nothing done. */
    failNext: (method: string, failure: InjectedFailure, times = 1) => order(method, { kind: 'fail', failure }, times),
    /** The next calls do their work, and their answer is lost: over HTTP the connection breaks. */
    dropReplyAfterWork: (method: string, times = 1) => order(method, { kind: 'drop' }, times),
    /** The next calls start this many milliseconds later. */
    delayNext: (method: string, ms: number, times = 1) => order(method, { kind: 'delay', ms }, times),

    /** Waits and refuses as ordered. @throws {ApiFailure} */
    async before(method: string, signal: AbortSignal | undefined): Promise<void> {
      const delay = take(method, 'delay')
      if (delay?.kind === 'delay') await sleep(delay.ms, undefined, { signal }).catch(() => signal?.throwIfAborted())
      const fail = take(method, 'fail')
      if (fail?.kind !== 'fail') return
      const { errorCode, description, retryAfterSeconds } = fail.failure
      throw new ApiFailure(
        errorCode,
        description,
        retryAfterSeconds === undefined ? undefined : { retry_after: retryAfterSeconds },
      )
    },
    /** @returns Whether the answer of this call gets lost. */
    dropsReply: (method: string): boolean => take(method, 'drop') !== undefined,
  }
}
