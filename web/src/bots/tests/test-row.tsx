import { CircleAlert, CircleCheck, CircleDashed } from 'lucide-react'
import { useState } from 'react'
import {
  createTest,
  type Difference,
  deleteTest,
  type StepResult,
  type Test,
  type TestResult,
} from '../../../../src/bots/tests/contract.ts'
import { api } from '../../api.ts'
import { formatAgo } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { attempt, sayWithUndo } from '../undo.ts'
import { testsTexts } from './texts.ts'

/** One test: how it came out, and where it did not come out as expected. */
export const TestRow = ({
  botid,
  test,
  result,
  isRunning,
  onRun,
}: {
  readonly botid: string
  readonly test: Test
  /** Of the last time that it ran on this page. */
  readonly result: TestResult | undefined
  readonly isRunning: boolean
  readonly onRun: () => Promise<void>
}) => {
  const t = testsTexts.use()
  const [isPending, setPending] = useState(false)
  const { id, name, data, steps, last_passed, last_run_at } = test
  const run = async (): Promise<void> => {
    setPending(true)
    await onRun()
    setPending(false)
  }
  const remove = async (): Promise<void> => {
    if (!(await attempt(() => api.call(deleteTest, { params: { botid, testid: id } })))) return
    const body = { name, data, steps: [...steps] }
    sayWithUndo(t.removed(name), () => api.call(createTest, { params: { botid }, body }))
  }
  return (
    <li className="bots-item">
      <div className="bots-item-text bots-stack">
        <span className="test-name">
          <Outcome passed={last_passed} />
          <strong>{name}</strong>
        </span>
        <span className="bots-muted">
          {t.steps(steps.length)}
          {last_run_at !== null && ` · ${t.ran(formatAgo(last_run_at))}`}
        </span>
        {result?.steps
          .filter(({ passed }) => !passed)
          .map((step) => (
            <FailedStep key={step.position} step={step} />
          ))}
      </div>
      <Button isPending={isPending} isDisabled={isRunning} onPress={() => void run()}>
        {t.run}
      </Button>
      <Button tone="danger" onPress={() => void remove()}>
        {t.remove}
      </Button>
    </li>
  )
}

const Outcome = ({ passed }: { readonly passed: boolean | null }) => {
  const t = testsTexts.use()
  const Icon = passed === null ? CircleDashed : passed ? CircleCheck : CircleAlert
  const text = passed === null ? t.notRun : passed ? t.passed : t.failed
  return (
    <span className="test-outcome" data-passed={passed ?? undefined}>
      <Icon aria-hidden size={16} />
      {text}
    </span>
  )
}

const FailedStep = ({ step: { position, problem, differences } }: { readonly step: StepResult }) => {
  const t = testsTexts.use()
  return (
    <section className="test-step">
      <h3>{t.step(position + 1)}</h3>
      {problem !== null && <p className="bots-problem">{problem}</p>}
      {differences.map((difference) => (
        <Compared key={difference.position} difference={difference} />
      ))}
    </section>
  )
}

/** What was to be seen beside what was seen, with its buttons. */
const Compared = ({ difference: { expected, seen } }: { readonly difference: Difference }) => {
  const t = testsTexts.use()
  const rows = (buttons: readonly (readonly string[])[] | undefined): string =>
    (buttons ?? []).map((row) => `\n${row.map((text) => `[${text}]`).join(' ')}`).join('')
  return (
    <dl className="test-compared">
      <dt>{t.expected}</dt>
      <dd>{expected === null ? t.nothing : `${expected.text}${rows(expected.buttons)}`}</dd>
      <dt>{t.seen}</dt>
      <dd>{seen === null ? t.nothing : `${seen.text}${rows(seen.buttons)}`}</dd>
    </dl>
  )
}
