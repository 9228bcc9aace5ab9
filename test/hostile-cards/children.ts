import { readdirSync, readFileSync } from 'node:fs'

/** The programs that look into what strangers made, by a part of their path. */
const PROGRAMS = { parser: 'parser/main.ts', images: 'worker/main.ts' } as const
type Program = keyof typeof PROGRAMS

/**
 * Watches how much memory our child processes come to need. Only where the system has /proc; elsewhere nothing is seen.
 */
export const watchChildren = () => {
  const peaks: Record<Program, number> = { parser: 0, images: 0 }
  const look = (): void => {
    for (const { program, peakBytes } of children()) peaks[program] = Math.max(peaks[program], peakBytes)
  }
  const timer = setInterval(look, 25)
  return {
    /** The most that any of them has had in memory, in bytes. */
    peaks: (): Readonly<Record<Program, number>> => peaks,
    stop: () => clearInterval(timer),
  }
}

/** @returns Those that run now, with their ids. */
export const children = (parent = process.pid): { pid: number; program: Program; peakBytes: number }[] => {
  let ids: string[]
  try {
    ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  } catch {
    return []
  }
  return ids.flatMap((id) => {
    try {
      const status = readFileSync(`/proc/${id}/status`, 'utf8')
      if (Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]) !== parent) return []
      const program = programOf(readFileSync(`/proc/${id}/cmdline`, 'utf8'))
      if (program === undefined) return []
      return [{ pid: Number(id), program, peakBytes: Number(/^VmHWM:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024 }]
    } catch {
      // It has ended meanwhile.
      return []
    }
  })
}

const programOf = (commandLine: string): Program | undefined => {
  if (commandLine.includes(PROGRAMS.parser)) return 'parser'
  return commandLine.includes(PROGRAMS.images) ? 'images' : undefined
}
