import { useMutation, useQuery } from '@tanstack/react-query'
import { Download, FileUp } from 'lucide-react'
import { useState } from 'react'
import { FileTrigger } from 'react-aria-components'
import { exportCards } from '../../../../src/cards/exports/contract.ts'
import { createCardImport } from '../../../../src/cards/imports/contract.ts'
import { api, messageOf } from '../../api.ts'
import { formatDate } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { ButtonLink } from '../../ui/link.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Table } from '../../ui/table.tsx'
import { importsQuery } from '../queries.ts'
import { ImportJob, type ImportSource } from './import-job.tsx'
import { pageTexts } from './texts.ts'
import './pages.css'

const URLS_NAME = 'addresses.txt'

/** Cards from elsewhere, and all cards to take along. */
const ImportPage = () => {
  const t = pageTexts.use()
  const [source, setSource] = useState<ImportSource>()
  const [urls, setUrls] = useState('')
  const counting = useMutation({
    mutationFn: (wanted: ImportSource) => {
      const query = {
        dryRun: 'true' as const,
        fileName: wanted.name,
        ...(wanted.name === URLS_NAME ? { format: 'urls' as const } : {}),
      }
      return api.call(createCardImport, { query, body: wanted.body })
    },
    onMutate: setSource,
  })
  const startAgain = (): void => {
    counting.reset()
    setSource(undefined)
    setUrls('')
  }
  return (
    <div className="import-page">
      <section>
        <h2>{t.importTitle}</h2>
        <p>{t.importText}</p>
        {counting.error !== null && <Notice tone="danger">{messageOf(counting.error)}</Notice>}
        {source !== undefined && counting.data !== undefined ? (
          <ImportJob key={counting.data.id} counted={counting.data.id} source={source} onAnother={startAgain} />
        ) : (
          <>
            <div className="import-choice">
              <FileTrigger
                onSelect={(files) => {
                  const file = files?.[0]
                  if (file !== undefined) counting.mutate({ name: file.name, body: file })
                }}
              >
                <Button isPending={counting.isPending}>
                  <FileUp aria-hidden size={16} />
                  {t.chooseFile}
                </Button>
              </FileTrigger>
              <span className="row-muted">{t.or}</span>
            </div>
            <TextField label={t.urls} rows={5} value={urls} onChange={setUrls} placeholder="https://example.org/" />
            <div>
              <Button
                tone="accent"
                isDisabled={urls.trim() === ''}
                isPending={counting.isPending}
                onPress={() => counting.mutate({ name: URLS_NAME, body: new Blob([urls]) })}
              >
                {t.check}
              </Button>
            </div>
          </>
        )}
      </section>
      <section>
        <h2>{t.exportTitle}</h2>
        <p>{t.exportText}</p>
        <div>
          <ButtonLink href={api.url(exportCards, {})} download="latchkey-cards.zip">
            <Download aria-hidden size={16} />
            {t.export}
          </ButtonLink>
        </div>
      </section>
      <EarlierImports />
    </div>
  )
}
export default ImportPage

const EarlierImports = () => {
  const t = pageTexts.use()
  const { data: imports = [] } = useQuery(importsQuery)
  const done = imports.filter(({ dryRun }) => !dryRun)
  if (done.length === 0) return null
  return (
    <section>
      <h2>{t.earlier}</h2>
      <Table label={t.earlier} columns={[t.when, t.importTitle, t.created, t.known, t.bad]}>
        {done.map((job) => (
          <tr key={job.id}>
            <td>{formatDate(new Date(job.createdAt).toISOString())}</td>
            <td>
              {job.fileName} <span className="row-muted">{t.state(job.state)}</span>
            </td>
            <td>{job.created}</td>
            <td>{job.duplicates}</td>
            <td>{job.invalid}</td>
          </tr>
        ))}
      </Table>
    </section>
  )
}
