import { useNavigate } from '@tanstack/react-router'
import { Bot, FilePlus2, Files, House, KeyRound, LibraryBig, Search, Server, UserRound } from 'lucide-react'
import { THEMES } from '../../../src/accounts/preferences/contract.ts'
import { type Action, useActions } from './actions.ts'
import { paletteTexts } from './palette-texts.ts'
import { prefer } from './preferences.ts'
import { useAccount } from './session.ts'
import { signOut } from './signing-out.ts'
import { shellTexts } from './texts.ts'

const THEME_NAMES = { system: 'themeSystem', light: 'themeLight', dark: 'themeDark' } as const

/** Where the account can go from every page. */
const usePlaces = (go: (to: string) => void): readonly Action[] => {
  const t = paletteTexts.use()
  const words = shellTexts.use()
  const account = useAccount()
  const places: Action[] = [
    { id: 'go.home', name: words.home, keys: 'g h', icon: <House aria-hidden size={16} />, run: () => go('/') },
    {
      id: 'go.files',
      name: words.files,
      keys: 'g f',
      area: 'files',
      icon: <Files aria-hidden size={16} />,
      run: () => go('/files'),
    },
    {
      id: 'go.bots',
      name: words.bots,
      keys: 'g b',
      area: 'bots',
      icon: <Bot aria-hidden size={16} />,
      run: () => go('/bots'),
    },
    {
      id: 'go.cards',
      name: words.cards,
      keys: 'g c',
      area: 'cards',
      icon: <LibraryBig aria-hidden size={16} />,
      run: () => go('/cards'),
    },
    {
      id: 'go.keys',
      name: t.keys,
      keys: 'g k',
      icon: <KeyRound aria-hidden size={16} />,
      run: () => go('/account/keys'),
    },
    {
      id: 'go.account',
      name: words.account,
      keys: 'g a',
      icon: <UserRound aria-hidden size={16} />,
      run: () => go('/account'),
    },
    { id: 'search', name: t.search, keys: '/', icon: <Search aria-hidden size={16} />, run: () => go('/search') },
  ]
  const server: Action = {
    id: 'go.server',
    name: t.admin,
    keys: 'g s',
    icon: <Server aria-hidden size={16} />,
    run: () => go('/admin'),
  }
  return account?.is_admin === true ? [...places, server] : places
}

/** What can be done on every page. */
export const useShellActions = (open: (what: 'palette' | 'keys') => void): void => {
  const t = paletteTexts.use()
  const words = shellTexts.use()
  const navigate = useNavigate()
  const go = (to: string): void => void navigate({ to })
  const places = usePlaces(go)
  useActions(
    [
      ...places.map((action) => ({ ...action, group: t.go })),
      {
        id: 'capture',
        name: t.capture,
        keys: 'n',
        group: t.go,
        icon: <FilePlus2 aria-hidden size={16} />,
        run: () => go('/?new=true'),
      },
      {
        id: 'palette',
        name: t.open,
        keys: 'mod+k',
        group: t.help,
        inPalette: false,
        inDialogs: false,
        run: () => open('palette'),
      },
      { id: 'keys', name: t.keyList, keys: '?', group: t.help, run: () => open('keys') },
      { id: 'docs', name: t.docs, group: t.help, run: () => location.assign('/docs') },
      ...THEMES.map((theme) => ({
        id: `theme.${theme}`,
        name: t[THEME_NAMES[theme]],
        group: t.appearance,
        run: () => prefer({ theme }),
      })),
      { id: 'sign-out', name: t.signOut, group: words.account, run: () => void signOut(() => go('/sign-in')) },
    ],
    true,
  )
}
