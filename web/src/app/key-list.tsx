import { Dialog } from '../ui/dialog.tsx'
import { Checkbox } from '../ui/field.tsx'
import { isMac, useAllActions } from './actions.ts'
import { showKeys } from './keys.ts'
import { paletteTexts } from './palette-texts.ts'
import { prefer, usePreference } from './preferences.ts'
import './palette.css'

/** Which keys do what on this page, and whether single letters do anything. */
const KeyList = ({ onClose }: { readonly onClose: () => void }) => {
  const t = paletteTexts.use()
  const letters = usePreference('letter_keys') ?? true
  const actions = useAllActions().filter(({ keys }) => keys !== undefined)
  const groups = [...new Set(actions.map(({ group }) => group ?? t.here))].sort(
    (a, b) => Number(b === t.here) - Number(a === t.here),
  )
  return (
    <Dialog title={t.keyList} isOpen onClose={onClose} place="side">
      <Checkbox isSelected={letters} onChange={(letter_keys) => prefer({ letter_keys })}>
        {t.characterKeys}
      </Checkbox>
      <p className="muted">{t.characterKeysHint}</p>
      <div className="key-list">
        {groups.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {actions
                .filter((action) => (action.group ?? t.here) === group)
                .map(({ id, name, keys = '' }) => (
                  <div key={id} style={{ display: 'contents' }}>
                    <dt>{name}</dt>
                    <dd>
                      <kbd>{showKeys(keys, isMac)}</kbd>
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}

export default KeyList
