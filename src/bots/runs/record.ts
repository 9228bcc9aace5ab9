import type { Run } from './contract.ts'
import type { RunRow } from './repo.ts'

const MAX_RECORDED_BYTES = 16 * 1024

export const toRow = (run: Run): RunRow => ({
  id: run.id,
  update_id: run.update_id,
  command: run.command,
  started_by: run.trigger,
  outcome: run.outcome,
  error: run.error === null ? null : JSON.stringify(run.error),
  prints: JSON.stringify(run.prints),
  calls: JSON.stringify(run.calls),
  warnings: JSON.stringify(run.warnings),
  // Whole milliseconds: the column is an integer.
  duration_ms: Math.round(run.duration_ms),
  python_ms: Math.round(run.python_ms),
  started_at: Date.parse(run.started_at),
})

export const fromRow = ({ started_by, ...row }: RunRow): Run => ({
  ...row,
  trigger: started_by,
  error: row.error === null ? null : JSON.parse(row.error),
  prints: JSON.parse(row.prints),
  calls: JSON.parse(row.calls),
  warnings: JSON.parse(row.warnings),
  started_at: new Date(row.started_at).toISOString(),
})

/** Large parameters and results are kept by their beginning. */
export const bounded = (value: unknown): unknown => {
  const json = JSON.stringify(value) ?? 'null'
  return json.length <= MAX_RECORDED_BYTES ? value : { truncated: json.slice(0, 1024) }
}

export const round = (ms: number): number => Math.round(ms * 100) / 100
