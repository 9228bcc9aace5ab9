import type { Log } from '../log/index.ts'
import type { Gate, RequestContext } from './context.ts'
import { type EndpointSpec, isBytesReply } from './contract.ts'
import type { Caller } from './route.ts'

export interface RunningOptions {
  readonly gate: Gate
  readonly log: Log
}

/** The requests that are being answered. */
export interface Running {
  add(context: RequestContext): void
  remove(context: RequestContext): void
}

// A request is looked at from its second turn on: an end that comes right after its start is noticed two turns later.
const TURN_MS = 400

/**
 * Cuts the connection of what still runs when its caller's credential is taken away: an upload, a download or a stream of
 * events may last for hours, and the gate sees only how it begins. A stream of events is also cut when its caller's time
 * is up. That takes less than a second, in whichever process it ended. Requests that are answered at once cost a place in
 * a set, and are never asked about.
 */
export const runningRequests = ({ gate, log }: RunningOptions): Running => {
  const young = new Set<RequestContext>()
  const old = new Set<RequestContext>()
  let timer: NodeJS.Timeout | undefined
  let isBlind = false

  const cutEnded = async (): Promise<void> => {
    const callers = callersOf(old)
    for (const context of young) old.add(context)
    young.clear()
    if (callers.length === 0 || gate.ended === undefined) return
    const ended = await gate.ended(callers)
    for (const context of old) {
      const { caller, id, endpoint, raw } = context
      const how = caller === null ? undefined : ended.get(caller.credentialId)
      // Time is judged at the start of a request: what comes to an end by itself may come to it.
      if (caller === null || how === undefined || (how === 'expired' && !isEndless(endpoint))) continue
      old.delete(context)
      log.info({ requestId: id, path: endpoint.path, credentialId: caller.credentialId }, 'a running request was cut')
      raw.socket.destroy()
    }
  }

  const turn = async (): Promise<void> => {
    try {
      await cutEnded()
      isBlind = false
    } catch (error) {
      // A database that is away for a moment must not end every transfer. Once per outage is enough to say.
      if (!isBlind) log.warn({ err: error }, 'nobody can say which of the running requests may go on')
      isBlind = true
    }
    timer = undefined
    if (young.size + old.size > 0) schedule()
  }

  const schedule = (): void => {
    if (timer === undefined) timer = setTimeout(turn, TURN_MS).unref()
  }

  return {
    add(context) {
      if (context.caller === null || gate.ended === undefined) return
      young.add(context)
      schedule()
    },
    remove(context) {
      if (!young.delete(context)) old.delete(context)
    },
  }
}

const isEndless = ({ returns: [, reply] }: EndpointSpec): boolean =>
  isBytesReply(reply) && reply.bytes === 'text/event-stream'

/** One of each credential. What nobody waits for any more is forgotten, should its handler never come to an end. */
const callersOf = (contexts: Set<RequestContext>): Caller[] => {
  const callers = new Map<string, Caller>()
  for (const context of contexts) {
    if (context.response.destroyed) contexts.delete(context)
    else if (context.caller !== null) callers.set(context.caller.credentialId, context.caller)
  }
  return [...callers.values()]
}
