import { Button } from 'react-aria-components'
import { Button as OurButton } from '../ui/button.tsx'
import { setupTexts } from './texts.ts'
import { TILES } from './tiles.tsx'

/** Where somebody wants to go when the setup is over. */
export const FirstStep = ({ onChosen }: { readonly onChosen: (address: string) => void }) => {
  const t = setupTexts.use()
  return (
    <div className="setup-form">
      {TILES.map(({ name, text, to, area, Icon }) => (
        <Button key={to} className="setup-tile" data-area={area} onPress={() => onChosen(to)}>
          <Icon aria-hidden size={24} strokeWidth={1.75} />
          <span>
            <strong>{t[name]}</strong>
            <span>{t[text]}</span>
          </span>
        </Button>
      ))}
      <OurButton tone="quiet" onPress={() => onChosen('/')}>
        {t.skip}
      </OurButton>
    </div>
  )
}
