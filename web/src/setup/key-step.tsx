import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { createKey } from '../../../src/accounts/api-keys/contract.ts'
import { api, messageOf } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy.tsx'
import { FocusHere } from '../ui/focus-here.tsx'
import { Notice } from '../ui/notice.tsx'
import { Select } from '../ui/select.tsx'
import { setupTexts } from './texts.ts'

const SCOPES = {
  full: undefined,
  read: ['files:read', 'bots:read', 'cards:read'],
  capture: ['files:write', 'cards:write'],
} as const
type Preset = keyof typeof SCOPES

export const KeyStep = ({ onDone }: { readonly onDone: () => void }) => {
  const t = setupTexts.use()
  const [preset, setPreset] = useState<Preset>('full')
  const making = useMutation({
    mutationFn: () => {
      const scopes = SCOPES[preset]
      return api.call(createKey, {
        body: { kind: 'files', name: t.key, ...(scopes === undefined ? {} : { scopes: [...scopes] }) },
      })
    },
  })
  if (making.data !== undefined)
    return (
      <FocusHere label={t.key}>
        <NewKey value={making.data.key} onDone={onDone} />
      </FocusHere>
    )
  return (
    <div className="setup-form">
      <p>{t.keyText}</p>
      {making.error !== null && <Notice tone="danger">{messageOf(making.error)}</Notice>}
      <Select
        label={t.preset}
        choices={[
          { id: 'full', name: t.presetFull },
          { id: 'read', name: t.presetRead },
          { id: 'capture', name: t.presetCapture },
        ]}
        value={preset}
        onChange={setPreset}
      />
      <Button tone="accent" onPress={() => making.mutate()} isPending={making.isPending}>
        {t.makeKey}
      </Button>
      <Button tone="quiet" onPress={onDone}>
        {t.skip}
      </Button>
    </div>
  )
}

const NewKey = ({ value, onDone }: { readonly value: string; readonly onDone: () => void }) => {
  const t = setupTexts.use()
  const [answer, setAnswer] = useState<string>()
  const path = '/api/account'
  // As curl would: with the key, and without the session's cookie.
  const tryIt = async (): Promise<void> => {
    const response = await fetch(path, { headers: { 'x-api-key': value }, credentials: 'omit' })
    setAnswer(`HTTP ${response.status}\n${JSON.stringify(await response.json(), undefined, 2)}`)
  }
  return (
    <div className="setup-form">
      <Notice tone="ok">{t.once}</Notice>
      <pre className="setup-key">{value}</pre>
      <CopyButton text={value} />
      <pre className="setup-key">{`curl -H 'X-API-Key: ${value}' ${location.origin}${path}`}</pre>
      <Button onPress={tryIt}>{t.tryIt}</Button>
      {answer !== undefined && (
        <pre className="setup-key" role="status">
          {answer}
        </pre>
      )}
      <Button tone="accent" onPress={onDone}>
        {t.done}
      </Button>
    </div>
  )
}
