import { useParams } from '@tanstack/react-router'
import { Sections } from '../account/sections.tsx'
import { accountTexts } from '../account/texts.ts'
import { NotFound } from '../app/problem.tsx'
import { useAccount } from '../app/session.ts'
import { Empty } from '../ui/empty.tsx'
import { AccountsPage } from './accounts.tsx'
import { JobsPage } from './jobs.tsx'
import { ServerPage } from './server.tsx'
import { adminTexts } from './texts.ts'
import '../account/account.css'

const PAGES = { '': ServerPage, accounts: AccountsPage, jobs: JobsPage } as const

/** Everything under `/admin`. The server asks again who may. */
export const AdminPage = () => {
  const t = adminTexts.use()
  const words = accountTexts.use()
  const { _splat = '' } = useParams({ from: '/signed-in/admin/$' })
  const account = useAccount()
  if (account?.is_admin === false) return <Empty title={t.onlyAdmins} />
  const name = _splat.replace(/\/+$/, '')
  const Page = Object.hasOwn(PAGES, name) ? PAGES[name as keyof typeof PAGES] : undefined
  return (
    <div className="settings">
      <Sections
        label={t.sections}
        entries={[
          { href: '/admin', name: t.overview },
          { href: '/admin/accounts', name: t.accounts },
          { href: '/admin/jobs', name: t.jobs },
          { href: '/files/storage', name: t.storage },
          { href: '/account', name: words.general },
        ]}
      />
      <div className="settings-page">{Page === undefined ? <NotFound /> : <Page />}</div>
    </div>
  )
}
