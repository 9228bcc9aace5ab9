import { useInfiniteQuery } from '@tanstack/react-query'
import { type BotError, clearBotErrors, resolveBotError } from '../../../../src/bots/log/contract.ts'
import { api } from '../../api.ts'
import { formatAgo } from '../../texts.ts'
import { AskingButton } from '../../ui/asking-button.tsx'
import { Button } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Select } from '../../ui/select.tsx'
import { say } from '../../ui/toast.tsx'
import type { TabProps } from '../bot/tab-props.ts'
import { type ErrorState, errorsQuery } from '../queries.ts'
import { Failed, Loading, More } from '../states.tsx'
import { attempt } from '../undo.ts'
import { useBotsAddress } from '../use-bots-address.ts'
import { errorsTexts } from './texts.ts'

const STATES: readonly ErrorState[] = ['open', 'resolved', 'all']

const Errors = ({ bot: { botid } }: TabProps) => {
  const t = errorsTexts.use()
  const { search, change } = useBotsAddress()
  const state = STATES.find((each) => each === search.filter) ?? 'open'
  const errors = useInfiniteQuery(errorsQuery(botid, state))
  const all = errors.data?.pages.flatMap((page) => page.errors) ?? []
  return (
    <div className="bots-stack">
      <div className="bots-row">
        <Select
          label={t.show}
          choices={STATES.map((id) => ({ id, name: t[id] }))}
          value={state}
          onChange={(id) => change({ filter: id === 'open' ? undefined : id })}
        />
        <span className="bots-grow" />
        {all.length > 0 && (
          <AskingButton
            name={t.clear}
            question={t.clearText}
            onConfirm={() => void attempt(() => api.call(clearBotErrors, { params: { botid } }))}
          />
        )}
      </div>
      {errors.isPending && <Loading />}
      {errors.isError && all.length === 0 && <Failed error={errors.error} retry={errors.refetch} />}
      {errors.isSuccess && all.length === 0 && <Empty title={t.none} text={t.noneText} />}
      <ul className="bots-list">
        {all.map((error) => (
          <ErrorRow key={error.id} botid={botid} error={error} />
        ))}
      </ul>
      <More of={errors} />
    </div>
  )
}

const ErrorRow = ({ botid, error }: { readonly botid: string; readonly error: BotError }) => {
  const t = errorsTexts.use()
  const { open } = useBotsAddress()
  const { command, line } = error
  const resolve = async (): Promise<void> => {
    const done = await attempt(() => api.call(resolveBotError, { params: { botid, errorid: error.id } }))
    if (done) say(t.didResolve)
  }
  return (
    <li className="bots-item">
      <div className="bots-item-text">
        <strong>{error.type}</strong>
        <span>{error.message}</span>
        <span className="bots-muted">
          {t.times(error.count)} · {t.last(formatAgo(error.last_seen_at))} · {t.first(formatAgo(error.first_seen_at))}
        </span>
      </div>
      <Button onPress={() => open(botid, 'workshop', { command, ...(line === null ? {} : { line }) })}>
        {line === null ? t.toCommand(command) : t.toLine(command, line)}
      </Button>
      {error.resolved ? (
        <span className="chip">{t.resolved}</span>
      ) : (
        <Button onPress={() => void resolve()}>{t.resolve}</Button>
      )}
    </li>
  )
}

export default Errors
