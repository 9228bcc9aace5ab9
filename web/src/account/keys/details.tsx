import { useQuery } from '@tanstack/react-query'
import { formatAgo, formatDate, useLocale } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Plot } from '../../ui/plot.tsx'
import { Loaded } from '../loaded.tsx'
import { type ApiKey, keyUsageQuery } from '../queries.ts'
import { ScopeMarks } from './marks.tsx'
import { keyTexts } from './texts.ts'

/** One key: its use day by day, what it may, and how it ends. */
export const KeyDetails = ({
  apiKey,
  onClose,
  onAsk,
}: {
  readonly apiKey: ApiKey
  readonly onClose: () => void
  readonly onAsk: (what: 'rename' | 'rotate' | 'revoke') => void
}) => {
  const t = keyTexts.use()
  const usage = useQuery(keyUsageQuery)
  return (
    <Dialog title={apiKey.name} isOpen onClose={onClose} place="side">
      <Loaded query={usage}>
        {({ days, keys }) => (
          <Plot
            title={t.callsByDay}
            kind="bars"
            times={days.map((day) => Date.parse(day))}
            series={[{ name: t.uses, values: keys.find(({ id }) => id === apiKey.id)?.requests ?? days.map(() => 0) }]}
          />
        )}
      </Loaded>
      <Facts apiKey={apiKey} />
      {apiKey.status === 'active' && (
        <div className="dialog-actions">
          <Button onPress={() => onAsk('rename')}>{t.rename}</Button>
          <Button onPress={() => onAsk('rotate')}>{t.rotate}</Button>
          <Button tone="danger" onPress={() => onAsk('revoke')}>
            {t.revoke}
          </Button>
        </div>
      )}
    </Dialog>
  )
}

const Facts = ({ apiKey }: { readonly apiKey: ApiKey }) => {
  const t = keyTexts.use()
  const language = useLocale()
  const { prefix, scopes, status, created_at, last_used_at, last_used_ip, uses, expires_at, rate_limit } = apiKey
  const by = last_used_ip === null || last_used_ip === '' ? '' : ` ${t.from(last_used_ip)}`
  const ends = expires_at === null ? t.noEnd : formatDate(expires_at)
  return (
    <dl className="facts">
      <dt>{t.copyPrefix}</dt>
      <dd>
        <code>{prefix}</code>
      </dd>
      <dt>{t.scopes}</dt>
      <dd>
        <ScopeMarks scopes={scopes} />
      </dd>
      <dt>{t.created}</dt>
      <dd>{formatDate(created_at)}</dd>
      <dt>{t.lastUsed}</dt>
      <dd>{last_used_at === null ? t.never : `${formatAgo(last_used_at)}${by}`}</dd>
      <dt>{t.usesEver}</dt>
      <dd>{uses.toLocaleString(language)}</dd>
      {rate_limit !== null && (
        <>
          <dt>{t.limit}</dt>
          <dd>{rate_limit.toLocaleString(language)}</dd>
        </>
      )}
      <dt>{t.expires}</dt>
      <dd>{status === 'active' ? ends : t[status]}</dd>
    </dl>
  )
}
