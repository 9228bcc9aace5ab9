import { useInstall } from '../app/install.ts'
import { prefer, usePreference } from '../app/preferences.ts'
import { LOCALES, useLocale } from '../texts.ts'
import { Button } from '../ui/button.tsx'
import { Checkbox } from '../ui/field.tsx'
import { Select } from '../ui/select.tsx'
import { accountTexts } from './texts.ts'

// Each in its own words, or those who need it cannot find it.
const LANGUAGES = { en: 'English', ru: 'Русский' } as const

export const Appearance = () => {
  const t = accountTexts.use()
  const language = useLocale()
  const theme = usePreference('theme') ?? 'system'
  const contrast = usePreference('contrast')
  const letters = usePreference('letter_keys') ?? true
  const install = useInstall()
  return (
    <section className="panel">
      <div className="panel-head">
        <h2>{t.look}</h2>
      </div>
      <Select
        label={t.theme}
        choices={[
          { id: 'system', name: t.themeSystem },
          { id: 'light', name: t.themeLight },
          { id: 'dark', name: t.themeDark },
        ]}
        value={theme}
        onChange={(wanted) => prefer({ theme: wanted })}
      />
      <Checkbox isSelected={contrast === 'more'} onChange={(on) => prefer({ contrast: on ? 'more' : 'system' })}>
        {t.contrast}
      </Checkbox>
      <Select
        label={t.language}
        choices={LOCALES.map((id) => ({ id, name: LANGUAGES[id] }))}
        value={language}
        onChange={(wanted) => prefer({ language: wanted })}
      />
      <Checkbox isSelected={letters} onChange={(on) => prefer({ letter_keys: on })}>
        {t.letters}
      </Checkbox>
      <small className="line">{t.lettersHint}</small>
      {install !== undefined && <Button onPress={install}>{t.install}</Button>}
    </section>
  )
}
