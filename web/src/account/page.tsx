import { useParams } from '@tanstack/react-router'
import { NotFound } from '../app/problem.tsx'
import { useAccount } from '../app/session.ts'
import { AccessPage } from './access.tsx'
import { AuditPage } from './audit.tsx'
import { GeneralPage } from './general.tsx'
import { KeysPage } from './keys/page.tsx'
import { Sections } from './sections.tsx'
import { TeamsPage } from './teams/page.tsx'
import { accountTexts } from './texts.ts'
import './account.css'

const PAGES = { '': GeneralPage, keys: KeysPage, access: AccessPage, teams: TeamsPage, log: AuditPage } as const

/** Everything under `/account`. */
export const AccountPage = () => {
  const t = accountTexts.use()
  const { _splat = '' } = useParams({ from: '/signed-in/account/$' })
  const isAdmin = useAccount()?.is_admin === true
  const name = _splat.replace(/\/+$/, '')
  const Page = Object.hasOwn(PAGES, name) ? PAGES[name as keyof typeof PAGES] : undefined
  return (
    <div className="settings">
      <Sections
        label={t.sections}
        entries={[
          { href: '/account', name: t.general },
          { href: '/account/keys', name: t.keys },
          { href: '/account/access', name: t.access },
          { href: '/account/teams', name: t.teams },
          { href: '/account/log', name: t.log },
          ...(isAdmin ? [{ href: '/admin', name: t.server }] : []),
        ]}
      />
      <div className="settings-page">{Page === undefined ? <NotFound /> : <Page />}</div>
    </div>
  )
}
