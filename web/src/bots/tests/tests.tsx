import { useMutation, useQuery } from '@tanstack/react-query'
import { FlaskConical, Play } from 'lucide-react'
import { useState } from 'react'
import { runTest, runTests, type Test, type TestResult } from '../../../../src/bots/tests/contract.ts'
import { api } from '../../api.ts'
import { Button } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { ButtonLink } from '../../ui/link.tsx'
import { sayProblem } from '../../ui/toast.tsx'
import type { TabProps } from '../bot/tab-props.ts'
import { testsQuery } from '../queries.ts'
import { Failed, Loading } from '../states.tsx'
import { refreshBots } from '../undo.ts'
import { TestRow } from './test-row.tsx'
import { testsTexts } from './texts.ts'
import './tests.css'

// The server stops by itself after two.
const WITHIN_MS = 150_000

const Tests = ({ bot: { botid } }: TabProps) => {
  const t = testsTexts.use()
  const tests = useQuery(testsQuery(botid))
  const [results, setResults] = useState<ReadonlyMap<string, TestResult>>(new Map())
  const note = (fresh: readonly TestResult[]): void =>
    setResults((known) => new Map([...known, ...fresh.map((result) => [result.id, result] as const)]))
  const running = useMutation({
    mutationFn: async () => (await api.call(runTests, { params: { botid }, timeoutMs: WITHIN_MS })).result,
    onSuccess: ({ tests: fresh }) => note(fresh),
    onError: sayProblem,
    onSettled: refreshBots,
  })
  const runOne = async ({ id }: Test): Promise<void> => {
    try {
      note([(await api.call(runTest, { params: { botid, testid: id }, timeoutMs: WITHIN_MS })).result])
    } catch (error) {
      sayProblem(error)
    }
    await refreshBots()
  }
  const all = tests.data ?? []
  const { data: outcome } = running
  return (
    <div className="bots-stack">
      {all.length > 0 && (
        <div className="bots-row">
          <Button tone="accent" isPending={running.isPending} onPress={() => running.mutate()}>
            <Play aria-hidden size={16} />
            {t.runAll}
          </Button>
          <p className="bots-muted" role="status">
            {outcome !== undefined && t.outcome(outcome.passed, outcome.failed)}{' '}
            {outcome !== undefined && outcome.left.length > 0 && t.left(outcome.left.length)}
          </p>
        </div>
      )}
      {tests.isPending && <Loading />}
      {tests.isError && tests.data === undefined && <Failed error={tests.error} retry={tests.refetch} />}
      {tests.data?.length === 0 && (
        <Empty
          title={t.none}
          text={t.noneText}
          icon={<FlaskConical aria-hidden size={32} strokeWidth={1.5} className="bots-hue" />}
          action={<ButtonLink href={`/bots/${botid}`}>{t.toWorkshop}</ButtonLink>}
        />
      )}
      <ul className="bots-list">
        {all.map((test) => (
          <TestRow
            key={test.id}
            botid={botid}
            test={test}
            result={results.get(test.id)}
            isRunning={running.isPending}
            onRun={() => runOne(test)}
          />
        ))}
      </ul>
    </div>
  )
}

export default Tests
