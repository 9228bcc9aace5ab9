import { type HostCall, HostCallError } from '../sandbox/index.ts'
import type { HostContext } from './context.ts'
import type { Handler } from './declaration.ts'

export type HostRegistry = ReturnType<typeof hostRegistry>

/** All host calls of a server by name. */
export const hostRegistry = (handlers: readonly Handler[]) => {
  const byName = new Map(handlers.map((handler) => [handler.declaration.name, handler]))
  if (byName.size !== handlers.length) throw new Error('two host calls have the same name')
  return {
    /** The allow list of the engine. */
    names: [...byName.keys()],
    /** @param contextOf Asked at every call, since a nested command changes it; the signal is the run's own. */
    hostFor:
      (contextOf: (signal: AbortSignal) => HostContext): HostCall =>
      async (name, args, kwargs, signal) => {
        const handler = byName.get(name)
        if (handler === undefined) throw new HostCallError(`there is no '${name}'`, { kind: 'PermissionError' })
        return handler.run(args, kwargs, contextOf(signal))
      },
  }
}
