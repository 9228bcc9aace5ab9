import type { DiskFs } from './directories.ts'
import { codeOf } from './faults.ts'

/**
 * Who writes a staging file: the boot and pid namespace that the pid means something in, the pid, and the tick in which
 * that process started (a pid alone may belong to somebody else by now). `-` where the system does not tell.
 */
export interface Owner {
  readonly boot: string
  readonly namespace: string
  readonly pid: number
  readonly startTick: string
}

const TAG = /^([0-9a-f-]+)\.([0-9-]+)\.([0-9]+)\.([0-9-]+)\.[0-9A-Za-z]+$/

export const toTag = ({ boot, namespace, pid, startTick }: Owner): string => `${boot}.${namespace}.${pid}.${startTick}`

/** @returns undefined for a name that `stagingName` did not make. */
export const parseTag = (fileName: string): Owner | undefined => {
  const [, boot, namespace, pid, startTick] = TAG.exec(fileName) ?? []
  if (boot === undefined || namespace === undefined || pid === undefined || startTick === undefined) return undefined
  return { boot, namespace, pid: Number(pid), startTick }
}

/** This process. Outside Linux all but the pid is `-`, and then nobody is ever taken for dead. */
export const findSelf = async (fs: DiskFs): Promise<Owner> => {
  const boot = (await readText(fs, '/proc/sys/kernel/random/boot_id'))?.trim().replaceAll('-', '').slice(0, 12)
  const namespace = await readNamespace(fs)
  return { boot: boot ?? '-', namespace, pid: process.pid, startTick: (await startTickOf(fs, process.pid)) ?? '-' }
}

/** @returns true only if it is certain: same boot, same pid namespace, and no such process or another one by that pid. */
export const isDead = async (fs: DiskFs, self: Owner, owner: Owner): Promise<boolean> => {
  if (self.boot === '-' || self.namespace === '-' || owner.startTick === '-') return false
  if (owner.boot !== self.boot || owner.namespace !== self.namespace) return false
  return (await startTickOf(fs, owner.pid)) !== owner.startTick
}

const startTickOf = async (fs: DiskFs, pid: number): Promise<string | undefined> => {
  const stat = await readText(fs, `/proc/${pid}/stat`)
  // The name of the program stands in parentheses and may hold spaces; field 22 is the 20th behind it.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

const readNamespace = async (fs: DiskFs): Promise<string> => {
  try {
    return (await fs.readlink('/proc/self/ns/pid')).replace(/\D/g, '') || '-'
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return '-'
  }
}

const readText = async (fs: DiskFs, path: string): Promise<string | undefined> => {
  try {
    return await fs.readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return undefined
  }
}
