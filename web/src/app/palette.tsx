import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Bot, Clock, FileText, LibraryBig, Search } from 'lucide-react'
import { type ReactNode, useDeferredValue, useState } from 'react'
import {
  Autocomplete,
  Collection,
  Dialog,
  Header,
  Input,
  Menu,
  MenuItem,
  MenuSection,
  Modal,
  ModalOverlay,
  TextField,
} from 'react-aria-components'
import { findActions, runAction, shownKeys, useAllActions } from './actions.ts'
import { botAddress, cardAddress, cardName, fileAddress, searchAddress } from './addresses.ts'
import { allBots, botsNamed, cardsFound, filesFound } from './finding.ts'
import { paletteTexts } from './palette-texts.ts'
import { recent } from './recent.ts'
import './palette.css'

interface Entry {
  readonly id: string
  readonly name: string
  readonly icon?: ReactNode
  readonly area?: string | undefined
  readonly keys?: string | undefined
  readonly run: () => void
}

interface Section {
  readonly id: string
  readonly name: string
  readonly entries: readonly Entry[]
}

const FOUND = 5

/** What the areas have for the words, a few of each. */
const useFound = (typed: string, go: (href: string) => void): Section[] => {
  const t = paletteTexts.use()
  const q = typed.trim().length < 2 ? '' : typed.trim()
  const cards = useQuery({ ...cardsFound(q, FOUND), placeholderData: keepPreviousData })
  const files = useQuery({ ...filesFound(q, FOUND), placeholderData: keepPreviousData })
  const bots = useQuery(allBots)
  if (q === '') return []
  const entry = (id: string, name: string, area: string, icon: ReactNode, href: string): Entry => ({
    id,
    name,
    area,
    icon,
    run: () => go(href),
  })
  return [
    {
      id: 'found-bots',
      name: t.bots,
      entries: botsNamed(bots.data ?? [], q)
        .slice(0, FOUND)
        .map((bot) => entry(bot.botid, bot.bot_name, 'bots', <Bot aria-hidden size={16} />, botAddress(bot.botid))),
    },
    {
      id: 'found-files',
      name: t.files,
      entries: (files.data?.files ?? []).map((file) =>
        entry(file.id, file.file_name, 'files', <FileText aria-hidden size={16} />, fileAddress(file)),
      ),
    },
    {
      id: 'found-cards',
      name: t.cards,
      entries: (cards.data?.items ?? []).map((card) =>
        entry(card.id, cardName(card), 'cards', <LibraryBig aria-hidden size={16} />, cardAddress(card.id)),
      ),
    },
    {
      id: 'found-all',
      name: t.everywhere,
      entries: [entry('search', t.searchFor(q), '', <Search aria-hidden size={16} />, searchAddress(q))],
    },
  ]
}

const useOffered = (typed: string): Section[] => {
  const t = paletteTexts.use()
  const groups = new Map<string, Entry[]>()
  const actions = useAllActions()
  for (const action of findActions(actions, typed)) {
    const group = action.group ?? t.here
    const entries = groups.get(group) ?? []
    groups.set(group, entries)
    const { id, name, icon, area } = action
    entries.push({ id, name, icon, area, keys: shownKeys(action), run: () => runAction(id) })
  }
  return [...groups].map(([name, entries]) => ({ id: `group-${name}`, name, entries }))
}

/** Everything by typing: pages, actions of the page, what was opened last, and a search through all areas. */
const Palette = ({ onClose, go }: { readonly onClose: () => void; readonly go: (href: string) => void }) => {
  const t = paletteTexts.use()
  const [typed, setTyped] = useState('')
  const slow = useDeferredValue(typed)
  const found = useFound(slow, go)
  const offered = useOffered(slow)
  const last: Section = {
    id: 'recent',
    name: t.recent,
    entries: recent().map(({ href, name, area }) => ({
      id: `recent ${href}`,
      name,
      area,
      icon: <Clock aria-hidden size={16} />,
      run: () => go(href),
    })),
  }
  const sections = [...(slow === '' ? [last] : []), ...offered, ...found].filter(({ entries }) => entries.length > 0)
  const run = (id: string): void => {
    onClose()
    const entry = sections.flatMap(({ entries }) => entries).find((other) => other.id === id)
    // The dialog gives the focus back when it is gone; what runs may want it for itself.
    if (entry !== undefined) setTimeout(entry.run)
  }
  return (
    <ModalOverlay className="overlay" data-place="top" isOpen isDismissable onOpenChange={(open) => !open && onClose()}>
      <Modal>
        <Dialog className="palette" aria-label={t.title}>
          <Autocomplete inputValue={typed} onInputChange={setTyped}>
            <TextField className="palette-field" aria-label={t.title} type="search" autoFocus>
              <Search aria-hidden size={18} />
              <Input placeholder={t.placeholder} />
            </TextField>
            <Menu
              className="menu palette-list"
              aria-label={t.results}
              items={sections}
              onAction={(id) => run(String(id))}
              renderEmptyState={() => <p className="palette-none">{t.nothing}</p>}
            >
              {(section) => (
                <MenuSection id={section.id} className="palette-section">
                  <Header>{section.name}</Header>
                  <Collection items={section.entries}>
                    {(entry) => (
                      <MenuItem id={entry.id} className="menu-item" textValue={entry.name} data-area={entry.area}>
                        {entry.icon}
                        <span className="palette-name">{entry.name}</span>
                        {entry.keys !== undefined && <kbd>{entry.keys}</kbd>}
                      </MenuItem>
                    )}
                  </Collection>
                </MenuSection>
              )}
            </Menu>
          </Autocomplete>
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}

export default Palette
