import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { Bot, Files, House, LibraryBig, Search, UserRound } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { Button } from 'react-aria-components'
import { UploadTray } from '../files/uploads/index.ts'
import { Notice } from '../ui/notice.tsx'
import { Toasts } from '../ui/toast.tsx'
import { isMac } from './actions.ts'
import { showKeys } from './keys.ts'
import { useLiveUpdates } from './live.ts'
import { useOutbox, useOutboxSending } from './outbox.ts'
import { paletteTexts } from './palette-texts.ts'
import { usePreferencesOfAccount } from './preferences.ts'
import { useShortcuts } from './shortcuts.ts'
import { shellTexts } from './texts.ts'
import { useKeptFocus } from './use-kept-focus.ts'
import { useOnline } from './use-online.ts'
import { usePageTitle } from './use-page-title.ts'
import { useShellActions } from './use-shell-actions.tsx'
import './shell.css'

const Palette = lazy(() => import('./palette.tsx'))
const KeyList = lazy(() => import('./key-list.tsx'))

const ENTRIES = [
  { to: '/', name: 'home', Icon: House },
  { to: '/files/$', name: 'files', Icon: Files },
  { to: '/bots/$', name: 'bots', Icon: Bot },
  { to: '/cards/$', name: 'cards', Icon: LibraryBig },
  { to: '/account/$', name: 'account', Icon: UserRound },
] as const

/** The frame around every page: a rail on wide screens, a bar at the bottom of narrow ones. */
export const Shell = () => {
  const t = shellTexts.use()
  const [above, setAbove] = useState<'palette' | 'keys'>()
  useShellActions(setAbove)
  useShortcuts()
  usePageTitle()
  useKeptFocus()
  useLiveUpdates()
  usePreferencesOfAccount()
  useOutboxSending()
  const navigate = useNavigate()
  const close = (): void => setAbove(undefined)
  return (
    <div className="shell">
      <a className="skip-link" href="#content">
        {t.skip}
      </a>
      <nav className="shell-nav" aria-label={t.mainNavigation}>
        <SearchButton onPress={() => setAbove('palette')} />
        {ENTRIES.map(({ to, name, Icon }) => (
          <Link
            key={to}
            to={to}
            params={{ _splat: '' }}
            className="shell-entry"
            data-area={name}
            activeOptions={{ exact: to === '/', includeSearch: false }}
          >
            <Icon aria-hidden size={20} strokeWidth={1.75} />
            <span>{t[name]}</span>
          </Link>
        ))}
      </nav>
      <main id="content" className="shell-content" tabIndex={-1}>
        <Offline />
        <Outlet />
      </main>
      <Suspense>
        {above === 'palette' && <Palette onClose={close} go={(href) => void navigate({ href })} />}
        {above === 'keys' && <KeyList onClose={close} />}
      </Suspense>
      <Suspense>
        <UploadTray />
      </Suspense>
      <Toasts />
    </div>
  )
}

const SearchButton = ({ onPress }: { readonly onPress: () => void }) => {
  const t = paletteTexts.use()
  return (
    <Button className="shell-search" onPress={onPress} aria-keyshortcuts="Meta+K Control+K">
      <Search aria-hidden size={18} strokeWidth={1.75} />
      <span>{t.short}</span>
      <kbd aria-hidden>{showKeys('mod+k', isMac)}</kbd>
    </Button>
  )
}

/** Says that nothing arrives, and what becomes of what is saved meanwhile. */
const Offline = () => {
  const t = shellTexts.use()
  const isOnline = useOnline()
  const waiting = useOutbox().length
  if (isOnline && waiting === 0) return null
  return (
    <div className="shell-offline">
      <Notice tone={isOnline ? 'info' : 'warn'}>
        {isOnline ? '' : `${t.offline} `}
        {waiting > 0 && t.waiting(waiting)}
      </Notice>
    </div>
  )
}
