import { Bot, Files, LibraryBig } from 'lucide-react'
import type { ApiKey } from '../queries.ts'
import { AREAS, markOf } from './presets.ts'
import { keyTexts } from './texts.ts'

const ICONS = { files: Files, bots: Bot, cards: LibraryBig } as const
const WORDS = { '': 'mayNot', r: 'mayRead', w: 'mayWrite', rw: 'mayBoth' } as const

/** What a key may do, as three small marks. */
export const ScopeMarks = ({ scopes }: { readonly scopes: ApiKey['scopes'] }) => {
  const t = keyTexts.use()
  return (
    <ul className="scope-marks">
      {AREAS.map((area) => {
        const mark = markOf(scopes, area)
        const Icon = ICONS[area]
        const words = `${t[area]}: ${t[WORDS[mark]]}`
        return (
          <li key={area} className="chip" data-area={mark === '' ? undefined : area} title={words}>
            <Icon aria-hidden size={14} />
            <span aria-hidden>{mark === '' ? '–' : mark}</span>
            <span className="visually-hidden">{words}</span>
          </li>
        )
      })}
    </ul>
  )
}
