import { readdirSync, readFileSync } from 'node:fs'

/** Whether the system tells how long a process was on a processor. */
export const KNOWS_CPU_TIME = process.platform === 'linux'

/**
 * How long all threads of a process have been on a processor, in nanoseconds, as the scheduler counted it. This is what
 * neighbours on a shared machine disturb least: waiting is not in it.
 *
 * @see https://docs.kernel.org/scheduler/sched-stats.html
 */
export const onCpuNs = (pid: number): number => {
  let total = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [onCpu = '0'] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')
    total += Number(onCpu)
  }
  return total
}
