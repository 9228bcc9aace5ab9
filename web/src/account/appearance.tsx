import { useState } from 'react'
import { characterKeys, setCharacterKeys } from '../app/actions.ts'
import { useInstall } from '../app/install.ts'
import { applyContrast, applyTheme, isHighContrast, type Theme, theme } from '../app/theme.ts'
import { LOCALES, setLocale, useLocale } from '../texts.ts'
import { Button } from '../ui/button.tsx'
import { Checkbox } from '../ui/field.tsx'
import { Select } from '../ui/select.tsx'
import { accountTexts } from './texts.ts'

// Each in its own words, or those who need it cannot find it.
const LANGUAGES = { en: 'English', ru: 'Русский' } as const

export const Appearance = () => {
  const t = accountTexts.use()
  const language = useLocale()
  const [chosen, setChosen] = useState<Theme>(theme())
  const [contrast, setContrast] = useState(isHighContrast())
  const [letters, setLetters] = useState(characterKeys())
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
        value={chosen}
        onChange={(wanted) => {
          applyTheme(wanted)
          setChosen(wanted)
        }}
      />
      <Checkbox
        isSelected={contrast}
        onChange={(on) => {
          applyContrast(on)
          setContrast(on)
        }}
      >
        {t.contrast}
      </Checkbox>
      <Select
        label={t.language}
        choices={LOCALES.map((id) => ({ id, name: LANGUAGES[id] }))}
        value={language}
        onChange={setLocale}
      />
      <Checkbox
        isSelected={letters}
        onChange={(on) => {
          setCharacterKeys(on)
          setLetters(on)
        }}
      >
        {t.letters}
      </Checkbox>
      <small className="line">{t.lettersHint}</small>
      {install !== undefined && <Button onPress={install}>{t.install}</Button>}
    </section>
  )
}
