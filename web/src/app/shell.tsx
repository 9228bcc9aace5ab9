import { Link, Outlet } from '@tanstack/react-router'
import { Bot, Files, House, LibraryBig, UserRound } from 'lucide-react'
import { Toasts } from '../ui/toast.tsx'
import { shellTexts } from './texts.ts'
import './shell.css'

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
  return (
    <div className="shell">
      <a className="skip-link" href="#content">
        {t.skip}
      </a>
      <nav className="shell-nav" aria-label={t.mainNavigation}>
        {ENTRIES.map(({ to, name, Icon }) => (
          <Link
            key={to}
            to={to}
            params={{ _splat: '' }}
            className="shell-entry"
            data-area={name}
            activeOptions={{ exact: to === '/' }}
          >
            <Icon aria-hidden size={20} strokeWidth={1.75} />
            <span>{t[name]}</span>
          </Link>
        ))}
      </nav>
      <main id="content" className="shell-content" tabIndex={-1}>
        <Outlet />
      </main>
      <Toasts />
    </div>
  )
}
