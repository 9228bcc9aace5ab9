import { setTimeout as wait } from 'node:timers/promises'
import { onCpuNs } from '../on-cpu.ts'
import { beReady, settingsOf } from '../processes.ts'
import { openLoad, type Target } from './connections.ts'

/** What to load, all of it at the same time, and how long. */
export interface LoadOrder {
  readonly targets: readonly (Target & { readonly pid: number })[]
  /** Answers of each target before the first sample, so that its code is compiled; or the time runs out. */
  readonly warmUpAnswers: number
  readonly warmUpWithinMs: number
  readonly samples: number
  readonly sampleMs: number
}

/** One target in one sample. */
export interface Sample {
  readonly answers: number
  readonly onCpuNs: number
  readonly ms: number
}

const { targets, warmUpAnswers, warmUpWithinMs, samples, sampleMs } = settingsOf<LoadOrder>()

/**
 * Never lets the process sleep. To wake a sleeping reader costs the writer a microsecond or more, and the slower of two
 * servers would pay it more often, because its load has more time to fall asleep.
 */
const stayAwake = (): (() => void) => {
  let awake = true
  const turn = (): void => {
    if (awake) setImmediate(turn)
  }
  turn()
  return () => {
    awake = false
  }
}

const measure = async (): Promise<Sample[][]> => {
  const loads = targets.map((target) => ({ pid: target.pid, load: openLoad(target) }))
  const fallAsleep = stayAwake()
  const lateAt = performance.now() + warmUpWithinMs
  while (performance.now() < lateAt && loads.some(({ load }) => load.answers() < warmUpAnswers)) await wait(50)
  const read = () =>
    loads.map(({ pid, load }) => ({ answers: load.answers(), onCpuNs: onCpuNs(pid), ms: performance.now() }))
  const found: Sample[][] = []
  let before = read()
  for (let sample = 0; sample < samples; sample++) {
    await wait(sampleMs)
    const now = read()
    found.push(
      now.map((figures, index) => ({
        answers: figures.answers - (before[index]?.answers ?? 0),
        onCpuNs: figures.onCpuNs - (before[index]?.onCpuNs ?? 0),
        ms: figures.ms - (before[index]?.ms ?? 0),
      })),
    )
    before = now
  }
  fallAsleep()
  for (const { load } of loads) load.stop()
  return found
}

beReady(null, measure)
