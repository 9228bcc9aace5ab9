import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { createWebhook, revokeWebhook } from '../../../../src/bots/webhooks/contract.ts'
import { api } from '../../api.ts'
import { formatAgo } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { Menu } from '../../ui/menu.tsx'
import { commandsQuery, webhooksQuery } from '../queries.ts'
import { Failed, Loading, More } from '../states.tsx'
import { attempt } from '../undo.ts'
import { tasksTexts } from './texts.ts'

/** The addresses by which other services run commands. */
export const Webhooks = ({ botid }: { readonly botid: string }) => {
  const t = tasksTexts.use()
  const webhooks = useInfiniteQuery(webhooksQuery(botid))
  const commands = useQuery(commandsQuery(botid)).data ?? []
  const [doomed, setDoomed] = useState<{ readonly id: string; readonly command: string }>()
  const all = webhooks.data?.pages.flatMap((page) => page.webhooks) ?? []
  const make = (command: string): void =>
    void attempt(() => api.call(createWebhook, { params: { botid }, body: { command } }))
  return (
    <section className="bots-section">
      <h2>{t.webhooks}</h2>
      <p className="bots-muted">{t.webhooksText}</p>
      {webhooks.isPending && <Loading rows={1} />}
      {webhooks.isError && all.length === 0 && <Failed error={webhooks.error} retry={webhooks.refetch} />}
      {webhooks.isSuccess && all.length === 0 && <p className="bots-muted">{t.noWebhooks}</p>}
      <ul className="bots-list">
        {all.map(({ id, url, command, last_used_at }) => (
          <li key={id} className="bots-item">
            <div className="bots-item-text">
              <code>{command}</code>
              <span className="bots-muted">
                {last_used_at === null ? t.neverUsed : t.used(formatAgo(last_used_at))}
              </span>
            </div>
            <CopyButton text={url} />
            <Button tone="danger" onPress={() => setDoomed({ id, command })}>
              {t.revoke}
            </Button>
          </li>
        ))}
      </ul>
      <More of={webhooks} />
      {commands.length > 0 && (
        <div className="bots-row">
          <Menu
            label={t.newWebhook}
            trigger={<Button>{t.newWebhook}</Button>}
            actions={commands.map(({ command }) => ({ id: command, name: command, onAction: () => make(command) }))}
          />
        </div>
      )}
      {doomed !== undefined && (
        <Confirm
          title={t.revoke}
          text={t.revokeText(doomed.command)}
          action={t.revoke}
          isOpen
          onClose={() => setDoomed(undefined)}
          onConfirm={() => void attempt(() => api.call(revokeWebhook, { params: { botid, webhookid: doomed.id } }))}
        />
      )}
    </section>
  )
}
