import { useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Failed, Loading } from '../states.tsx'
import { RunRow } from './run-row.tsx'
import { logTexts } from './texts.ts'
import type { Log } from './use-log.ts'
import './log.css'

/** The runs of a bot, the newest first; each opens to what it printed and called. */
export const LogPane = ({
  log,
  onLine,
  onAgain,
}: {
  readonly log: Log
  readonly onLine: (command: string, line: number) => void
  /** Undefined where no update can be played again. */
  readonly onAgain: ((runId: string) => void) | undefined
}) => {
  const t = logTexts.use()
  const [onlyFailed, setOnlyFailed] = useState(false)
  const shown = onlyFailed ? log.runs.filter(({ outcome }) => outcome !== 'ok') : log.runs
  return (
    <div className="log">
      <div className="bots-row log-head">
        <Checkbox isSelected={onlyFailed} onChange={setOnlyFailed}>
          {t.onlyFailed}
        </Checkbox>
        <span className="bots-grow" />
        <Button tone="quiet" onPress={log.clear}>
          {t.clear}
        </Button>
      </div>
      {log.isBroken && <Notice tone="warn">{t.broken}</Notice>}
      {log.hasGap && <Notice>{t.gap}</Notice>}
      {log.before.isPending && <Loading />}
      {log.before.isError && <Failed error={log.before.error} retry={log.before.refetch} />}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached with the keyboard. */}
      <ul className="log-runs" tabIndex={0} aria-label={t.running}>
        {log.running.map(({ key, command, calls }) => (
          <li key={key} className="log-running">
            <code>{command}</code>
            <span className="bots-muted">
              {t.running} · {t.calls(calls.length)}
            </span>
          </li>
        ))}
        {log.before.isSuccess && shown.length === 0 && log.running.length === 0 && (
          <li className="bots-muted log-none">{t.nothing}</li>
        )}
        {shown.map((run) => (
          <RunRow key={run.id} run={run} onLine={onLine} onAgain={onAgain} />
        ))}
      </ul>
    </div>
  )
}
