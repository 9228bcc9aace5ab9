import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { createKey, type KEY_KINDS } from '../../../../src/accounts/api-keys/contract.ts'
import { api, messageOf, queries } from '../../api.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Checkbox, TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Select } from '../../ui/select.tsx'
import { keysQuery } from '../queries.ts'
import { AREA_SCOPES, AREAS, type Area, PRESETS, type Preset, presetOf, type Scope } from './presets.ts'
import { keyTexts } from './texts.ts'

type Kind = (typeof KEY_KINDS)[number]

const EXPIRIES = ['7', '30', '90', '365', 'never'] as const
type Expiry = (typeof EXPIRIES)[number]
const DAY_MS = 86_400_000

const areasOf = (kind: Kind): readonly Area[] => (kind === 'files' ? AREAS : [kind])

/** A new key: what it may, how long, how often. */
export const CreateKey = ({
  onCreated,
  onClose,
}: {
  readonly onCreated: (value: string) => void
  readonly onClose: () => void
}) => {
  const t = keyTexts.use()
  const [kind, setKind] = useState<Kind>('files')
  const [scopes, setScopes] = useState<ReadonlySet<Scope>>(new Set(PRESETS.full))
  const [expiry, setExpiry] = useState<Expiry>('90')
  const [name, setName] = useState('')
  const [limit, setLimit] = useState('')
  const chosen = [...scopes].filter((scope) =>
    areasOf(kind).some((area) => AREA_SCOPES[area].some((own) => own === scope)),
  )
  const making = useMutation({
    mutationFn: () =>
      api.call(createKey, {
        body: {
          kind,
          ...(name.trim() === '' ? {} : { name: name.trim() }),
          scopes: chosen,
          expires_at: expiry === 'never' ? null : new Date(Date.now() + Number(expiry) * DAY_MS).toISOString(),
          ...(limit.trim() === '' ? {} : { rate_limit: Number(limit) }),
        },
      }),
    onSuccess: async ({ key }) => {
      await queries.invalidateQueries({ queryKey: keysQuery.queryKey })
      onCreated(key)
    },
  })
  return (
    <Dialog title={t.create} isOpen onClose={onClose} isDismissable={false} place="side">
      <Form className="stack" onSubmit={() => making.mutate()}>
        {making.error !== null && <Notice tone="danger">{messageOf(making.error)}</Notice>}
        <TextField label={t.name} hint={t.nameHint} value={name} onChange={setName} maxLength={80} autoFocus />
        <Select
          label={t.kind}
          choices={[
            { id: 'files', name: t.kindFiles },
            { id: 'bots', name: t.kindBots },
            { id: 'cards', name: t.kindCards },
          ]}
          value={kind}
          onChange={setKind}
        />
        {kind !== 'files' && <Notice tone="warn">{t.replaces}</Notice>}
        {kind === 'files' && <PresetSelect scopes={scopes} onChange={setScopes} />}
        <ScopeTable areas={areasOf(kind)} scopes={scopes} onChange={setScopes} />
        {chosen.length === 0 && <Notice tone="warn">{t.noScope}</Notice>}
        <Select
          label={t.ends}
          choices={EXPIRIES.map((id) => ({ id, name: id === 'never' ? t.noEnd : t.days(Number(id)) }))}
          value={expiry}
          onChange={setExpiry}
        />
        <TextField
          label={t.limit}
          hint={t.limitHint}
          value={limit}
          onChange={(text) => setLimit(text.replace(/\D/g, ''))}
          inputMode="numeric"
        />
        <div className="dialog-actions">
          <Button type="submit" tone="accent" isPending={making.isPending} isDisabled={chosen.length === 0}>
            {t.makeIt}
          </Button>
        </div>
      </Form>
    </Dialog>
  )
}

interface ScopesProps {
  readonly scopes: ReadonlySet<Scope>
  readonly onChange: (scopes: ReadonlySet<Scope>) => void
}

const PresetSelect = ({ scopes, onChange }: ScopesProps) => {
  const t = keyTexts.use()
  const now = presetOf(scopes)
  const choices: { id: Preset | 'own'; name: string }[] = [
    { id: 'full', name: t.full },
    { id: 'read', name: t.readOnly },
    { id: 'upload', name: t.upload },
    { id: 'capture', name: t.capture },
    { id: 'own', name: t.own },
  ]
  return (
    <Select
      label={t.preset}
      choices={choices}
      value={now}
      onChange={(id) => onChange(id === 'own' ? new Set() : new Set(PRESETS[id]))}
    />
  )
}

const COLUMNS = ['read', 'write', 'remove', 'folders'] as const

/** Areas by what may be done there. */
const ScopeTable = ({ areas, scopes, onChange }: ScopesProps & { readonly areas: readonly Area[] }) => {
  const t = keyTexts.use()
  const toggle = (scope: Scope, on: boolean): void => {
    const next = new Set(scopes)
    if (on) next.add(scope)
    else next.delete(scope)
    onChange(next)
  }
  return (
    <table className="table scope-table">
      <thead>
        <tr>
          <th scope="col">
            <span className="visually-hidden">{t.scopes}</span>
          </th>
          {COLUMNS.slice(0, areas.includes('files') ? 4 : 2).map((column) => (
            <th key={column} scope="col">
              {t[column]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {areas.map((area) => (
          <tr key={area}>
            <th scope="row">{t[area]}</th>
            {AREA_SCOPES[area].map((scope, n) => (
              <td key={scope}>
                <Checkbox
                  aria-label={`${t[area]}: ${t[COLUMNS[n] ?? 'read']}`}
                  isSelected={scopes.has(scope)}
                  onChange={(on) => toggle(scope, on)}
                />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
