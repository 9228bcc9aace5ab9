import { readFileSync, readlinkSync } from 'node:fs'

/**
 * A process as others can find it again: the boot and pid namespace that the pid means something in, the pid, and the
 * tick in which that process started (a pid alone may belong to somebody else by now). `-` where the system does not tell.
 */
export interface Owner {
  readonly boot: string
  readonly namespace: string
  readonly pid: number
  readonly startTick: string
}

const TAG = /^([0-9a-f-]+)\.([0-9-]+)\.([0-9]+)\.([0-9-]+)\.[0-9A-Za-z]+$/

export const toTag = ({ boot, namespace, pid, startTick }: Owner): string => `${boot}.${namespace}.${pid}.${startTick}`

/** @param name A tag and, behind another dot, letters and digits of any meaning. @returns undefined if it is not that. */
export const parseTag = (name: string): Owner | undefined => {
  const [, boot, namespace, pid, startTick] = TAG.exec(name) ?? []
  if (boot === undefined || namespace === undefined || pid === undefined || startTick === undefined) return undefined
  return { boot, namespace, pid: Number(pid), startTick }
}

let self: Owner | undefined

/** This process. Outside Linux all but the pid is `-`, and then nobody is ever taken for dead. */
export const thisProcess = (): Owner => {
  self ??= {
    boot: readText('/proc/sys/kernel/random/boot_id')?.trim().replaceAll('-', '').slice(0, 12) ?? '-',
    namespace: readNamespace(),
    pid: process.pid,
    startTick: startTickOf(process.pid) ?? '-',
  }
  return self
}

/** @returns true only if it is certain: same boot, same pid namespace, and no such process or another one by that pid. */
export const isDead = (owner: Owner): boolean => {
  const { boot, namespace } = thisProcess()
  if (boot === '-' || namespace === '-' || owner.startTick === '-') return false
  if (owner.boot !== boot || owner.namespace !== namespace) return false
  return startTickOf(owner.pid) !== owner.startTick
}

// The system's own tables, in memory: reading them takes microseconds, and no disk can make it wait.
const startTickOf = (pid: number): string | undefined => {
  const stat = readText(`/proc/${pid}/stat`)
  // The name of the program stands in parentheses and may hold spaces; field 22 is the 20th behind it, field 3 the state.
  const [state, ...fields] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? []
  // One that has ended and whose parent has not looked yet does nothing any more.
  return state === 'Z' || state === 'X' ? undefined : fields[18]
}

const readNamespace = (): string => orUndefined(() => readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')) || '-'

const readText = (path: string): string | undefined => orUndefined(() => readFileSync(path, 'utf8'))

/** @returns undefined where the system does not tell. */
const orUndefined = (read: () => string): string | undefined => {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    return undefined
  }
}
