import { useMutation, useQuery } from '@tanstack/react-query'
import { retryJob } from '../../../src/accounts/server/contract.ts'
import { Loaded } from '../account/loaded.tsx'
import { api, queries } from '../api.ts'
import { formatAgo, formatDate } from '../texts.ts'
import { Button } from '../ui/button.tsx'
import { Table } from '../ui/table.tsx'
import { say, sayProblem } from '../ui/toast.tsx'
import { type Jobs, jobsQuery } from './queries.ts'
import { adminTexts } from './texts.ts'

const STATES = ['ready', 'delayed', 'running', 'dead'] as const

/** What happens in the background. */
export const JobsPage = () => {
  const t = adminTexts.use()
  const jobs = useQuery(jobsQuery)
  return (
    <>
      <h1>{t.jobs}</h1>
      <Loaded query={jobs}>
        {({ jobs: counts, dead }) => (
          <>
            <Table label={t.jobs} columns={[t.job, ...STATES.map((state) => t[state])]}>
              {counts.map((job) => (
                <tr key={job.name}>
                  <td>
                    <code>{job.name}</code>
                  </td>
                  {STATES.map((state) => (
                    <td key={state}>{job[state]}</td>
                  ))}
                </tr>
              ))}
            </Table>
            <section className="panel">
              <h2>{t.deadJobs}</h2>
              {dead.length === 0 ? <p>{t.noDead}</p> : <DeadJobs dead={dead} />}
            </section>
          </>
        )}
      </Loaded>
    </>
  )
}

const DeadJobs = ({ dead }: { readonly dead: Jobs['dead'] }) => {
  const t = adminTexts.use()
  const retrying = useMutation({
    mutationFn: (id: string) => api.call(retryJob, { params: { id } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: jobsQuery.queryKey })
      say(t.retried)
    },
    onError: sayProblem,
  })
  return (
    <ul className="rows">
      {dead.map(({ id, name, attempts, error, died_at }) => (
        <li key={id}>
          <div className="row-text">
            <code>{name}</code>
            <span>{error}</span>
            <small>
              {t.attempts(attempts)} ·{' '}
              <time dateTime={died_at} title={formatDate(died_at)}>
                {formatAgo(died_at)}
              </time>
            </small>
          </div>
          <Button onPress={() => retrying.mutate(id)} isPending={retrying.isPending && retrying.variables === id}>
            {t.retry}
          </Button>
        </li>
      ))}
    </ul>
  )
}
