import { Bot, Files, LibraryBig } from 'lucide-react'
import { Link } from 'react-aria-components'
import { setupTexts } from './texts.ts'
import './setup.css'

export const TILES = [
  { name: 'dropFile', text: 'dropFileText', to: '/files', area: 'files', Icon: Files },
  { name: 'saveCard', text: 'saveCardText', to: '/cards', area: 'cards', Icon: LibraryBig },
  { name: 'writeBot', text: 'writeBotText', to: '/bots', area: 'bots', Icon: Bot },
] as const

/** The three things that can be done here, where there is nothing yet. */
export const Tiles = () => {
  const t = setupTexts.use()
  return (
    <section className="setup-form" aria-label={t.first}>
      <h2>{t.first}</h2>
      {TILES.map(({ name, text, to, area, Icon }) => (
        <Link key={to} className="setup-tile" data-area={area} href={to}>
          <Icon aria-hidden size={24} strokeWidth={1.75} />
          <span>
            <strong>{t[name]}</strong>
            <span>{t[text]}</span>
          </span>
        </Link>
      ))}
    </section>
  )
}
