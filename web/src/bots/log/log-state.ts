import type { Run, RunCall } from '../../../../src/bots/runs/contract.ts'

/** A run that goes on right now, as far as it has come. */
export interface Running {
  readonly key: string
  readonly command: string
  readonly update_id: number | null
  readonly calls: readonly RunCall[]
}

export interface LogState {
  /** Newest first. */
  readonly runs: readonly Run[]
  readonly running: readonly Running[]
  /** Runs came faster than they could be told; some are missing. */
  readonly hasGap: boolean
}

export type LogEvent =
  | { readonly event: 'begin'; readonly data: Omit<Running, 'key' | 'calls'> }
  | { readonly event: 'call'; readonly data: RunCall & Pick<Running, 'command' | 'update_id'> }
  | { readonly event: 'run'; readonly data: Run }
  | { readonly event: 'gap' }
  | { readonly event: 'clear' }

export const MOST_RUNS = 200

export const emptyLog = (runs: readonly Run[]): LogState => ({ runs, running: [], hasGap: false })

const isOf = (running: Pick<Running, 'command' | 'update_id'>, data: Pick<Running, 'command' | 'update_id'>): boolean =>
  running.command === data.command && running.update_id === data.update_id

/** What the log shows once something more has happened. */
export const nextLog = (state: LogState, told: LogEvent): LogState => {
  if (told.event === 'clear') return emptyLog([])
  if (told.event === 'gap') return { ...state, hasGap: true }
  if (told.event === 'begin') {
    const { command, update_id } = told.data
    // A follower that comes in between hears of the end first: out of what is recorded.
    if (update_id !== null && state.runs.some((run) => isOf(told.data, run))) return state
    const key = `${update_id} ${command} ${state.runs.length} ${state.running.length}`
    return { ...state, running: [{ key, command, update_id, calls: [] }, ...state.running].slice(0, MOST_RUNS) }
  }
  if (told.event === 'call') {
    const { command, update_id, ...call } = told.data
    const at = state.running.findIndex((each) => isOf(each, { command, update_id }))
    return {
      ...state,
      running: state.running.map((each, n) => (n === at ? { ...each, calls: [...each.calls, call] } : each)),
    }
  }
  const { data: run } = told
  const over = state.running.findIndex((each) => isOf(each, run))
  const others = state.runs.filter(({ id }) => id !== run.id)
  return {
    ...state,
    running: state.running.filter((_, n) => n !== over),
    runs: [run, ...others].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, MOST_RUNS),
  }
}

/**
 * Where a command failed when it ran last, if it did: to mark the line in the editor.
 *
 * @param changedAt When it was changed: what ran before had other lines.
 */
export const lastFailure = (
  runs: readonly Run[],
  command: string,
  changedAt = '',
): { readonly line: number; readonly message: string } | undefined => {
  const last = runs.find(
    (run) => run.started_at >= changedAt && (run.command === command || run.error?.command === command),
  )
  const error = last?.error
  if (error === null || error === undefined || error.line === null) return undefined
  return (error.command ?? last?.command) === command
    ? { line: error.line, message: `${error.type}: ${error.message}` }
    : undefined
}
