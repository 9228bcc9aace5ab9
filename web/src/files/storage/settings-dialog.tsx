import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { type StorageBackend, updateBackend } from '../../../../src/files/storage/contract.ts'
import { api, messageOf } from '../../api.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Checkbox } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Select } from '../../ui/select.tsx'
import { say } from '../../ui/toast.tsx'
import { refreshFiles } from '../changes.ts'
import { storageTexts } from './texts.ts'

/** How a storage is used from now on. */
export const SettingsDialog = ({
  backend,
  onClose,
}: {
  readonly backend: StorageBackend
  readonly onClose: () => void
}) => {
  const t = storageTexts.use()
  const { name } = backend
  const [settings, setSettings] = useState(backend.settings)
  const saving = useMutation({
    mutationFn: () => api.call(updateBackend, { params: { name }, body: settings }),
    onSuccess: async () => {
      await refreshFiles()
      say(t.saved)
      onClose()
    },
  })
  // A share that an administrator has set by the API stands here too.
  const sample = settings.verify.startsWith('sample:') ? settings.verify : 'sample:0.1'
  return (
    <Dialog title={t.settingsOf(name)} isOpen onClose={onClose}>
      <Checkbox isSelected={settings.encrypt} onChange={(encrypt) => setSettings({ ...settings, encrypt })}>
        {t.encrypt}
      </Checkbox>
      <Checkbox
        isSelected={settings.keep_remote_on_delete}
        onChange={(keep_remote_on_delete) => setSettings({ ...settings, keep_remote_on_delete })}
      >
        {t.keepRemote}
      </Checkbox>
      <Select
        label={t.mode}
        value={settings.mode}
        choices={[
          { id: 'write-back', name: t.writeBack },
          { id: 'write-through', name: t.writeThrough },
        ]}
        onChange={(mode) => setSettings({ ...settings, mode })}
      />
      <Select
        label={t.verify}
        value={settings.verify}
        choices={[
          { id: 'always', name: t.always },
          { id: sample, name: sample === 'sample:0.1' ? t.sample : sample },
          { id: 'never', name: t.never },
        ]}
        onChange={(verify) => setSettings({ ...settings, verify })}
      />
      {saving.error !== null && <Notice tone="danger">{messageOf(saving.error)}</Notice>}
      <div className="dialog-actions">
        <Button tone="accent" onPress={() => saving.mutate()} isPending={saving.isPending}>
          {t.save}
        </Button>
      </div>
    </Dialog>
  )
}
