import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { formatDate } from '../texts.ts'
import { Button } from '../ui/button.tsx'
import { saveText, toCsv } from '../ui/csv.ts'
import { Empty } from '../ui/empty.tsx'
import { TextField } from '../ui/field.tsx'
import { Select } from '../ui/select.tsx'
import { Table } from '../ui/table.tsx'
import { sayProblem } from '../ui/toast.tsx'
import type { AuditSearch } from './audit-search.ts'
import { Loaded } from './loaded.tsx'
import { auditPage, auditQuery } from './queries.ts'
import { accountTexts } from './texts.ts'

type Entry = Awaited<ReturnType<typeof auditPage>>['entries'][number]

const ACTORS = ['session', 'key', 'device', 'setup', 'system'] as const
const ACTIONS = ['session', 'key', 'device', 'account', 'password', 'invite', 'team', 'plan', 'oauth', 'bot', 'storage', 'job'] as const // biome-ignore format: a list

/** Who did what, by filters that stand in the address. */
export const AuditPage = () => {
  const t = accountTexts.use()
  const search = useSearch({ from: '/signed-in/account/$' })
  const log = useInfiniteQuery(auditQuery(search))
  return (
    <>
      <header className="page-head">
        <h1>{t.log}</h1>
        <SaveCsv search={search} />
      </header>
      <p className="muted">{t.logText}</p>
      <Filters search={search} />
      <Loaded query={log}>
        {({ pages }) => {
          const entries = pages.flatMap((page) => page.entries)
          return entries.length === 0 ? <Empty title={t.noEntries} /> : <Entries entries={entries} />
        }}
      </Loaded>
      {log.hasNextPage && (
        <Button onPress={() => void log.fetchNextPage()} isPending={log.isFetchingNextPage}>
          {t.more}
        </Button>
      )}
    </>
  )
}

const Filters = ({ search }: { readonly search: AuditSearch }) => {
  const t = accountTexts.use()
  const navigate = useNavigate()
  const set = (part: { readonly [K in keyof AuditSearch]?: string }): void => {
    const next = Object.fromEntries(Object.entries({ ...search, ...part }).filter(([, value]) => value !== ''))
    void navigate({ to: '/account/$', params: { _splat: 'log' }, search: next, replace: true })
  }
  const names = {
    session: t.actorSession,
    key: t.actorKey,
    device: t.actorDevice,
    setup: t.actorSetup,
    system: t.actorSystem,
  }
  const actions = [...new Set([...ACTIONS, ...(search.action === undefined ? [] : [search.action])])]
  const actors = [...new Set([...ACTORS, ...(search.actor === undefined ? [] : [search.actor])])]
  return (
    <search className="filters">
      <Select
        label={t.what}
        choices={[{ id: '', name: t.anything }, ...actions.map((id) => ({ id, name: id }))]}
        value={search.action ?? ''}
        onChange={(action) => set({ action })}
      />
      <Select
        label={t.who}
        choices={[
          { id: '', name: t.anyone },
          ...actors.map((id) => ({ id, name: Object.hasOwn(names, id) ? names[id as keyof typeof names] : id })),
        ]}
        value={search.actor ?? ''}
        onChange={(actor) => set({ actor })}
      />
      <TextField label={t.from} type="date" value={search.since ?? ''} onChange={(since) => set({ since })} />
      <TextField label={t.until} type="date" value={search.until ?? ''} onChange={(until) => set({ until })} />
      {Object.keys(search).length > 0 && (
        <Button tone="quiet" onPress={() => set({ action: '', actor: '', since: '', until: '' })}>
          {t.clear}
        </Button>
      )}
    </search>
  )
}

const detailsOf = ({ data }: Entry): string =>
  Object.entries(data)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ')

const Entries = ({ entries }: { readonly entries: readonly Entry[] }) => {
  const t = accountTexts.use()
  return (
    <Table label={t.log} columns={[t.when, t.what, t.who, t.target, t.details]}>
      {entries.map((entry) => (
        <tr key={entry.seq}>
          <td>
            <time dateTime={entry.at}>{formatDate(entry.at)}</time>
          </td>
          <td>{entry.action}</td>
          <td>
            <code>{entry.actor}</code>
          </td>
          <td>
            <code>{entry.target}</code>
          </td>
          <td>{detailsOf(entry)}</td>
        </tr>
      ))}
    </Table>
  )
}

const MOST = 20_000

/** All entries of the filters, page by page; not only those in sight. */
const SaveCsv = ({ search }: { readonly search: AuditSearch }) => {
  const t = accountTexts.use()
  const [isSaving, setIsSaving] = useState(false)
  const save = async (): Promise<void> => {
    setIsSaving(true)
    try {
      const all: Entry[] = []
      let before: number | undefined
      do {
        const page = await auditPage(search, before)
        all.push(...page.entries)
        before = page.next_before ?? undefined
      } while (before !== undefined && all.length < MOST)
      const rows = all.map((entry) => [
        entry.seq,
        entry.at,
        entry.action,
        entry.actor,
        entry.target,
        JSON.stringify(entry.data),
      ])
      saveText('log.csv', toCsv(['seq', 'at', 'action', 'actor', 'target', 'data'], rows))
    } catch (error) {
      sayProblem(error)
    } finally {
      setIsSaving(false)
    }
  }
  return (
    <Button onPress={() => void save()} isPending={isSaving}>
      {t.csv}
    </Button>
  )
}
