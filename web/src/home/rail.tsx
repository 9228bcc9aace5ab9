import { useQuery } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import { Link } from 'react-aria-components'
import { botAddress } from '../app/addresses.ts'
import { allBots, type FoundBot } from '../app/finding.ts'
import { type UploadRow, uploads } from '../files/uploads/store.ts'
import { formatBytes } from '../texts.ts'
import { Progress } from '../ui/progress.tsx'
import { importsQuery, usageQuery } from './queries.ts'
import { homeTexts } from './texts.ts'

const BOTS_SHOWN = 5

/** What is wrong comes first. */
const urgency = ({ problem, needs_token, status }: FoundBot): number =>
  problem !== null ? 0 : needs_token ? 1 : status === 'working' ? 2 : 3

export const BotHealth = () => {
  const t = homeTexts.use()
  const { data: bots } = useQuery(allBots)
  if (bots === undefined || bots.length === 0) return null
  const working = bots.filter(({ status, problem }) => status === 'working' && problem === null).length
  const stateOf = (bot: FoundBot): string =>
    bot.problem ?? (bot.needs_token ? t.needsToken : bot.status === 'working' ? t.works : t.stopped)
  return (
    <section className="rail-part">
      <h2>
        <Link href="/bots">{t.bots}</Link>
        <small>{t.botsWork(working)}</small>
      </h2>
      <ul>
        {bots
          .toSorted((a, b) => urgency(a) - urgency(b))
          .slice(0, BOTS_SHOWN)
          .map((bot) => (
            <li
              key={bot.botid}
              className="rail-bot"
              data-state={['problem', 'problem', 'works'][urgency(bot)] ?? 'off'}
            >
              <Link href={botAddress(bot.botid)}>{bot.bot_name}</Link>
              <small title={stateOf(bot)}>{stateOf(bot)}</small>
            </li>
          ))}
      </ul>
    </section>
  )
}

export const StorageBar = () => {
  const t = homeTexts.use()
  const { data: usage } = useQuery(usageQuery)
  if (usage === undefined) return null
  const { used_bytes, max_bytes, files } = usage
  const words =
    max_bytes === null ? t.usedOnly(formatBytes(used_bytes)) : t.used(formatBytes(used_bytes), formatBytes(max_bytes))
  return (
    <section className="rail-part">
      <h2>
        <Link href="/files/storage">{t.storage}</Link>
        <small>{t.files(files)}</small>
      </h2>
      {max_bytes !== null && <Progress label={t.storage} value={max_bytes === 0 ? 1 : used_bytes / max_bytes} />}
      <small>{words}</small>
    </section>
  )
}

const isUnderWay = ({ state }: UploadRow): boolean => !['done', 'failed', 'unfinished'].includes(state)

export const RunningJobs = () => {
  const t = homeTexts.use()
  const { data: imports = [] } = useQuery(importsQuery)
  const rows = [...useSyncExternalStore(uploads.subscribe, uploads.all).values()].filter(isUnderWay)
  if (imports.length + rows.length === 0) return null
  return (
    <section className="rail-part">
      <h2>{t.jobs}</h2>
      <ul aria-live="off">
        {imports.map(({ id, name, done }) => (
          <li key={id}>
            <small>{t.importOf(name)}</small>
            <Progress label={t.importOf(name)} {...(done === undefined ? {} : { value: done })} />
          </li>
        ))}
        {rows.map(({ id, name, size, sent }) => (
          <li key={id}>
            <small>{t.upload(name)}</small>
            <Progress label={t.upload(name)} value={size === 0 ? 0 : sent / size} />
          </li>
        ))}
      </ul>
    </section>
  )
}
