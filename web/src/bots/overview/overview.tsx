import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { formatDate, useLocale } from '../../texts.ts'
import { Plot } from '../../ui/plot.tsx'
import { Select } from '../../ui/select.tsx'
import { Table } from '../../ui/table.tsx'
import type { TabProps } from '../bot/tab-props.ts'
import { broadcastsTexts } from '../broadcasts/texts.ts'
import { broadcastsQuery, errorsQuery, runsQuery, type Statistics, statisticsQuery } from '../queries.ts'
import { Failed, Loading } from '../states.tsx'
import { useBotsAddress } from '../use-bots-address.ts'
import { byCommand, deltaOf, isWorthPlotting } from './figures.ts'
import { overviewTexts } from './texts.ts'
import './overview.css'

const RANGES = [7, 30, 90] as const

const Overview = ({ bot }: TabProps) => {
  const t = overviewTexts.use()
  const { search, change } = useBotsAddress()
  const days = RANGES.find((each) => each === search.days) ?? 30
  const statistics = useQuery(statisticsQuery(bot.botid, days))
  return (
    <div className="bots-stack">
      <div className="overview-range">
        <Select
          label={t.range}
          choices={RANGES.map((each) => ({ id: String(each), name: t.lastDays(each) }))}
          value={String(days)}
          onChange={(id) => change({ days: Number(id) === 30 ? undefined : Number(id) })}
        />
      </div>
      {statistics.isPending && <Loading />}
      {statistics.isError && statistics.data === undefined && (
        <Failed error={statistics.error} retry={statistics.refetch} />
      )}
      {statistics.data !== undefined && <Figures of={statistics.data} />}
      {statistics.data !== undefined && <Plots of={statistics.data} />}
      <Commands botid={bot.botid} />
      <Recent botid={bot.botid} />
    </div>
  )
}

const Figures = ({ of: { users, runs_24h: runs, days } }: { readonly of: Statistics }) => {
  const t = overviewTexts.use()
  const language = useLocale()
  const count = (n: number): string => n.toLocaleString(language)
  const ms = (n: number): string => t.milliseconds(count(Math.round(n)))
  const total = (what: 'updates' | 'new_users'): number => days.reduce((sum, day) => sum + day[what], 0)
  const delta = (what: 'updates' | 'new_users'): string | undefined => {
    const share = deltaOf(days, what)
    if (share === undefined) return undefined
    return t.delta(
      share.toLocaleString(language, { style: 'percent', signDisplay: 'exceptZero', maximumFractionDigits: 0 }),
    )
  }
  const tiles: readonly (readonly [string, string, string | undefined])[] = [
    [t.users, count(users.total), undefined],
    [t.newUsers, count(total('new_users')), delta('new_users')],
    [t.active, count(users.active_7d), `${t.ofDay(count(users.active_24h))}, ${t.ofMonth(count(users.active_30d))}`],
    [t.blockedBot, count(users.blocked_bot), undefined],
    [t.updates, count(total('updates')), delta('updates')],
    [t.runs, count(runs.total), undefined],
    [t.failed, count(runs.failed), undefined],
    [
      t.speed,
      runs.average_ms === null ? t.none : ms(runs.average_ms),
      runs.slowest_ms === null ? undefined : t.slowest(ms(runs.slowest_ms)),
    ],
  ]
  return (
    <dl className="overview-tiles">
      {tiles.map(([name, value, note]) => (
        <div key={name} className="overview-tile">
          <dt>{name}</dt>
          <dd>
            <strong>{value}</strong>
            {note !== undefined && <span className="bots-muted">{note}</span>}
          </dd>
        </div>
      ))}
    </dl>
  )
}

const Plots = ({ of: { days } }: { readonly of: Statistics }) => {
  const t = overviewTexts.use()
  if (!isWorthPlotting(days)) return <p className="bots-muted">{t.tooEarly}</p>
  const times = days.map(({ day }) => Date.parse(day))
  return (
    <div className="overview-plots">
      <Plot
        title={t.usersOverTime}
        area="bots"
        kind="bars"
        times={times}
        series={[{ name: t.newUsers, values: days.map((day) => day.new_users) }]}
      />
      <Plot
        title={t.updatesOverTime}
        area="bots"
        times={times}
        series={[{ name: t.updates, values: days.map((day) => day.updates) }]}
      />
      <Plot
        title={t.runsOverTime}
        area="bots"
        times={times}
        series={[
          { name: t.runsSeries, values: days.map((day) => day.runs) },
          { name: t.errorsSeries, values: days.map((day) => day.errors), tone: 'danger' },
        ]}
      />
    </div>
  )
}

/** Out of the runs that are listed: the server keeps no figures by command. */
const Commands = ({ botid }: { readonly botid: string }) => {
  const t = overviewTexts.use()
  const language = useLocale()
  const found = useQuery(runsQuery(botid))
  const runs = found.data ?? []
  const ms = (n: number): string => t.milliseconds(Math.round(n).toLocaleString(language))
  if (found.isError && found.data === undefined) return <Failed error={found.error} retry={found.refetch} />
  if (runs.length === 0) return null
  return (
    <section>
      <h2 className="overview-heading">{t.byCommand(runs.length)}</h2>
      <Table label={t.byCommand(runs.length)} columns={[t.command, t.count, t.errorsSeries, t.median, t.p95]}>
        {byCommand(runs).map(({ command, count, failed, p50, p95 }) => (
          <tr key={command}>
            <td>
              <Link to="/bots/$" params={{ _splat: botid }} search={{ command } as never}>
                <code>{command}</code>
              </Link>
            </td>
            <td>{count}</td>
            <td>{failed}</td>
            <td>{ms(p50)}</td>
            <td>{ms(p95)}</td>
          </tr>
        ))}
      </Table>
    </section>
  )
}

const Recent = ({ botid }: { readonly botid: string }) => {
  const t = overviewTexts.use()
  const words = broadcastsTexts.use()
  const broadcasts = useQuery(broadcastsQuery(botid))
  const errors = useInfiniteQuery(errorsQuery(botid, 'open'))
  const open = errors.data?.pages[0]?.errors.slice(0, 3)
  return (
    <div className="overview-plots">
      <section>
        <h2 className="overview-heading">{t.openErrors}</h2>
        {errors.isError && open === undefined && <Failed error={errors.error} retry={errors.refetch} />}
        {open?.length === 0 && <p className="bots-muted">{t.noErrors}</p>}
        <ul>
          {open?.map(({ id, command, type, message, count }) => (
            <li key={id} className="overview-line">
              <code>{command}</code> {type}: {message} <span className="bots-muted">{t.times(count)}</span>
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h2 className="overview-heading">{t.lastBroadcasts}</h2>
        {broadcasts.isError && broadcasts.data === undefined && (
          <Failed error={broadcasts.error} retry={broadcasts.refetch} />
        )}
        {broadcasts.data?.length === 0 && <p className="bots-muted">{t.noBroadcasts}</p>}
        <ul>
          {broadcasts.data?.slice(0, 3).map(({ broadcast_id, created_at, processed, total_users }) => (
            <li key={broadcast_id} className="overview-line">
              {formatDate(created_at)} <span className="bots-muted">{words.progress(processed, total_users)}</span>
            </li>
          ))}
        </ul>
      </section>
    </div>
  )
}

export default Overview
