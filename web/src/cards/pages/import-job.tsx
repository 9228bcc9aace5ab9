import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { type CardImport, cancelCardImport, createCardImport } from '../../../../src/cards/imports/contract.ts'
import { api, messageOf, queries } from '../../api.ts'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Progress } from '../../ui/progress.tsx'
import { refreshLists, refreshTags } from '../cache.ts'
import { importQuery, importsQuery } from '../queries.ts'
import { pageTexts } from './texts.ts'

/** First what an import would do, then how it goes, then what it did. */
export const ImportJob = ({
  counted,
  source,
  onAnother,
}: {
  /** The dry run. */
  readonly counted: string
  readonly source: ImportSource
  readonly onAnother: () => void
}) => {
  const t = pageTexts.use()
  const starting = useMutation({
    mutationFn: (format: CardImport['format']) =>
      api.call(createCardImport, { query: { fileName: source.name, format }, body: source.body }),
  })
  const id = starting.data?.id ?? counted
  const { data: job, error } = useQuery(importQuery(id))
  const cancelling = useMutation({ mutationFn: () => api.call(cancelCardImport, { params: { id } }) })
  const failure = starting.error ?? cancelling.error ?? error
  useRefreshAfter(starting.data === undefined ? undefined : job)
  return (
    <div className="import-job">
      <strong>{source.name}</strong>
      {failure !== null && <Notice tone="danger">{messageOf(failure)}</Notice>}
      {job !== undefined && <Counts job={job} />}
      {isOpen(job) ? (
        <Button onPress={() => cancelling.mutate()} isPending={cancelling.isPending}>
          {t.cancel}
        </Button>
      ) : (
        <div className="import-choice">
          {job?.dryRun === true && job.state === 'done' && job.created > 0 && (
            <Button tone="accent" onPress={() => starting.mutate(job.format)} isPending={starting.isPending}>
              {t.start(job.created)}
            </Button>
          )}
          <Button onPress={onAnother}>{t.another}</Button>
        </div>
      )}
    </div>
  )
}

/** What is to be imported, kept until it was counted and then imported. */
export interface ImportSource {
  readonly name: string
  readonly body: Blob
}

type Report = NonNullable<ReturnType<typeof useReport>>
const useReport = (id: string) => useQuery(importQuery(id)).data

const isOpen = (job: Report | undefined): boolean =>
  job === undefined || job.state === 'queued' || job.state === 'running'

const useRefreshAfter = (job: Report | undefined): void => {
  const isOver = job !== undefined && !isOpen(job)
  useEffect(() => {
    if (!isOver) return
    void refreshLists()
    void refreshTags()
    void queries.invalidateQueries({ queryKey: importsQuery.queryKey, exact: true })
  }, [isOver])
}

const Counts = ({ job }: { readonly job: Report }) => {
  const t = pageTexts.use()
  const { state, dryRun, total, processed, created, duplicates, invalid, problems, error } = job
  if (isOpen(job))
    return (
      <div role="status">
        <p>{dryRun ? t.checking : t.running}</p>
        <Progress label={t.running} {...(total === null || total === 0 ? {} : { value: processed / total })} />
      </div>
    )
  return (
    <>
      {state === 'failed' && (
        <Notice tone="danger">
          {t.failed} {error?.message}
        </Notice>
      )}
      {state === 'cancelled' && <Notice>{t.cancelled}</Notice>}
      <Notice tone={state === 'done' && !dryRun ? 'ok' : 'info'}>
        {dryRun ? t.ready(created) : t.done(created)} {duplicates > 0 && t.duplicates(duplicates)}{' '}
        {invalid > 0 && t.invalid(invalid)}
      </Notice>
      {problems.length > 0 && (
        <details>
          <summary>{t.problems}</summary>
          <ul className="import-problems">
            {problems.map(({ entry, line, message }) => (
              <li key={entry}>
                {line === null ? t.entry(entry) : t.line(line)}: {message}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  )
}
