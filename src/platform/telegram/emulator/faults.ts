import { setTimeout as sleep } from 'node:timers/promises'
import { ApiFailure } from './failure.ts'

export interface InjectedFailure {
  errorCode: number
  /** The whole sentence, prefix included. */
  description: string
  retryAfterSeconds?: number
  /** The answer is a page of the server in front, not JSON. */
  html?: boolean
}

type Fault =
  | { kind: 'fail'; failure: InjectedFailure }
  | { kind: 'drop' }
  | { kind: 'delay'; ms: number }
  | { kind: 'cut-upload'; afterBytes: number }
  | { kind: 'cut-download'; afterBytes: number }

interface Order {
  method: string
  fault: Fault
  /** So many calls pass before it hits. */
  passes: number
}

/** Stands for every method. */
export const ANY_METHOD = '*'
/** Stands for the download of a file where a method is named. */
export const DOWNLOAD = '/file'

/** A refusal that a test ordered. */
export class InjectedRefusal extends ApiFailure {
  readonly html: boolean

  constructor({ errorCode, description, retryAfterSeconds, html = false }: InjectedFailure) {
    super(errorCode, description, retryAfterSeconds === undefined ? undefined : { retry_after: retryAfterSeconds })
    this.html = html
  }
}

export type Faults = ReturnType<typeof faults>

/**
 * Troubles that tests order in advance; each hits the next calls of a method, in order, and is then used up. The method
 * may be `*` for any, and `/file` for a download.
 */
export const faults = () => {
  const ordered: Order[] = []

  const order = (method: string, fault: Fault, times = 1, passes = 0) => {
    for (let n = 0; n < times; n++) ordered.push({ method: method.toLowerCase(), fault, passes })
  }
  const take = <K extends Fault['kind']>(method: string, kind: K): Extract<Fault, { kind: K }> | undefined => {
    const isOf = (fault: Fault): fault is Extract<Fault, { kind: K }> => fault.kind === kind
    let hit: Extract<Fault, { kind: K }> | undefined
    for (const entry of [...ordered]) {
      if (!isOf(entry.fault) || (entry.method !== method.toLowerCase() && entry.method !== ANY_METHOD)) continue
      if (entry.passes > 0) entry.passes -= 1
      else if (!hit) {
        hit = entry.fault
        ordered.splice(ordered.indexOf(entry), 1)
      }
    }
    return hit
  }

  return {
    /** The next calls are refused, with nothing done. */
    failNext: (method: string, failure: InjectedFailure, times = 1) => order(method, { kind: 'fail', failure }, times),
    /** The nth call from now on is refused, with nothing done; the next one is the first. */
    failNth: (method: string, n: number, failure: InjectedFailure) =>
      order(method, { kind: 'fail', failure }, 1, n - 1),
    /** The next calls do their work, and their answer is lost: over HTTP the connection breaks. */
    dropReplyAfterWork: (method: string, times = 1) => order(method, { kind: 'drop' }, times),
    /** The next calls start this many milliseconds later. */
    delayNext: (method: string, ms: number, times = 1) => order(method, { kind: 'delay', ms }, times),
    /** The connection of the next calls breaks when so many bytes of their body have come; nothing is done. */
    cutUpload: (method: string, afterBytes: number, times = 1) =>
      order(method, { kind: 'cut-upload', afterBytes }, times),
    /** The connection of the next downloads breaks after so many bytes. */
    cutDownload: (afterBytes: number, times = 1) => order(DOWNLOAD, { kind: 'cut-download', afterBytes }, times),

    /** Waits and refuses as ordered. @throws {InjectedRefusal} */
    async before(method: string, signal: AbortSignal | undefined): Promise<void> {
      const delay = take(method, 'delay')
      if (delay) await sleep(delay.ms, undefined, { signal }).catch(() => signal?.throwIfAborted())
      const fail = take(method, 'fail')
      if (fail) throw new InjectedRefusal(fail.failure)
    },
    /** @returns Whether the answer of this call gets lost. */
    dropsReply: (method: string): boolean => take(method, 'drop') !== undefined,
    /** @returns After how many bytes the connection breaks. */
    uploadCut: (method: string): number | undefined => take(method, 'cut-upload')?.afterBytes,
    downloadCut: (): number | undefined => take(DOWNLOAD, 'cut-download')?.afterBytes,
  }
}
