import { CircleAlert, CircleCheck, RotateCcw } from 'lucide-react'
import type { Run, RunCall } from '../../../../src/bots/runs/contract.ts'
import { locale } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { logTexts } from './texts.ts'

/** One run: a line that opens to all that is known of it. */
export const RunRow = ({
  run,
  onLine,
  onAgain,
}: {
  readonly run: Run
  readonly onLine: (command: string, line: number) => void
  readonly onAgain: ((runId: string) => void) | undefined
}) => {
  const t = logTexts.use()
  const isOk = run.outcome === 'ok'
  const Icon = isOk ? CircleCheck : CircleAlert
  const time = new Date(run.started_at).toLocaleTimeString(locale(), { timeStyle: 'medium' })
  return (
    <li>
      <details className="log-run" data-outcome={isOk ? 'ok' : 'failed'}>
        <summary>
          <Icon role="img" size={14} aria-label={run.outcome === 'calls' ? t.callsOutcome : t[run.outcome]} />
          <code>{run.command}</code>
          <span className="bots-muted log-facts">
            {t[run.trigger]} · {t.ms(Math.round(run.duration_ms))} · {time}
          </span>
        </summary>
        <div className="log-details">
          <Failure run={run} onLine={onLine} />
          {run.warnings.map((text) => (
            <p key={text} className="log-warning">
              {text}
            </p>
          ))}
          {run.prints.length > 0 && (
            <section>
              <h4>{t.prints}</h4>
              <pre>{run.prints.join('\n')}</pre>
            </section>
          )}
          {run.calls.length > 0 && (
            <section>
              <h4>{t.calls(run.calls.length)}</h4>
              {run.calls.map((call, n) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the calls of a run that is over do not move.
                <Call key={n} call={call} />
              ))}
            </section>
          )}
          {onAgain !== undefined && run.update_id !== null && (
            <Button onPress={() => onAgain(run.id)}>
              <RotateCcw aria-hidden size={14} />
              {t.again}
            </Button>
          )}
        </div>
      </details>
    </li>
  )
}

const Failure = ({ run, onLine }: { readonly run: Run; readonly onLine: (command: string, line: number) => void }) => {
  const t = logTexts.use()
  const { error, outcome } = run
  if (error === null) return outcome === 'ok' ? null : <p>{outcome === 'calls' ? t.callsOutcome : t[outcome]}</p>
  const { line } = error
  const command = error.command ?? run.command
  return (
    <section className="log-error">
      <p>
        <strong>{error.type}</strong>: {error.message}
      </p>
      {line !== null && (
        <Button tone="quiet" onPress={() => onLine(command, line)}>
          {t.line(command, line)}
        </Button>
      )}
      {error.traceback !== '' && (
        <details>
          <summary>{t.traceback}</summary>
          <pre>{error.traceback}</pre>
        </details>
      )}
    </section>
  )
}

const Call = ({ call }: { readonly call: RunCall }) => {
  const t = logTexts.use()
  return (
    <details className="log-call" data-failed={call.error === null ? undefined : true}>
      <summary>
        <code>{call.method}</code>
        <span className="bots-muted log-facts">{t.ms(Math.round(call.duration_ms))}</span>
      </summary>
      {call.error !== null && <p className="log-warning">{call.error}</p>}
      <pre>{JSON.stringify(call.params, null, 2)}</pre>
      {call.error === null && <pre>{JSON.stringify(call.result, null, 2)}</pre>}
    </details>
  )
}
