import { type HostCall, HostCallError } from '../sandbox/index.ts'
import type { HostContext } from './context.ts'
import type { Handler } from './declaration.ts'

export type HostRegistry = ReturnType<typeof hostRegistry>

/** All host calls of a server by name. */
export const hostRegistry = (handlers: readonly Handler[]) => {
  const byName = new Map<string, Handler>()
  const add = (more: readonly Handler[]): void => {
    for (const handler of more) {
      const { name } = handler.declaration
      if (byName.has(name)) throw new Error(`two host calls have the name ${name}`)
      byName.set(name, handler)
    }
  }
  add(handlers)

  return {
    /** For parts of the server that are built after the engine. */
    add,
    has: (name: string): boolean => byName.has(name),
    /** @param contextOf Asked at every call, since a nested command changes it; the signal is the run's own. */
    hostFor:
      (contextOf: (signal: AbortSignal) => HostContext): HostCall =>
      async (name, args, kwargs, signal) => {
        const handler = byName.get(name)
        if (handler === undefined) throw new HostCallError(`there is no '${name}' here`, { kind: 'PermissionError' })
        return handler.run(args, kwargs, contextOf(signal))
      },
  }
}
