import { useQuery } from '@tanstack/react-query'
import { Loaded } from '../account/loaded.tsx'
import { formatBytes, formatDate, useLocale } from '../texts.ts'
import { Table } from '../ui/table.tsx'
import { plansQuery, serverQuery } from './queries.ts'
import { adminTexts } from './texts.ts'

/** What the server is, how it is, and what it allows. */
export const ServerPage = () => {
  const t = adminTexts.use()
  const language = useLocale()
  const server = useQuery(serverQuery)
  const plans = useQuery(plansQuery)
  return (
    <>
      <h1>{t.overview}</h1>
      <Loaded query={server}>
        {(facts) => (
          <>
            <section className="panel">
              <dl className="facts">
                <dt>{t.version}</dt>
                <dd>{facts.version}</dd>
                <dt>{t.address}</dt>
                <dd>{facts.public_url}</dd>
                <dt>{t.since}</dt>
                <dd>{formatDate(facts.started_at)}</dd>
                <dt>{t.database}</dt>
                <dd>{facts.database === 'sqlite' ? 'SQLite' : 'PostgreSQL'}</dd>
                <dt>{t.runtime}</dt>
                <dd>
                  Node {facts.node}, {facts.platform}
                </dd>
                <dt>{t.roles}</dt>
                <dd>{facts.roles.join(', ')}</dd>
                <dt>{t.memory}</dt>
                <dd>{formatBytes(facts.memory_bytes)}</dd>
                <dt>{t.shared}</dt>
                <dd>{facts.shared ? t.sharedYes : t.sharedNo}</dd>
                <dt>{t.signUp}</dt>
                <dd>{facts.open_signup ? t.signUpOpen : t.signUpInvite}</dd>
              </dl>
            </section>
            <section className="panel">
              <h2>{t.limits}</h2>
              <p className="muted">{t.limitsText}</p>
              <Table label={t.limits} columns={[t.setting, t.value]}>
                {Object.entries(facts.limits).map(([name, value]) => (
                  <tr key={name}>
                    <td>
                      <code>{name}</code>
                    </td>
                    <td>{name.endsWith('_BYTES') ? formatBytes(value) : value.toLocaleString(language)}</td>
                  </tr>
                ))}
              </Table>
            </section>
          </>
        )}
      </Loaded>
      <section className="panel">
        <h2>{t.plans}</h2>
        <Loaded query={plans}>
          {(all) => (
            <ul className="rows">
              {all.map(({ id, accounts }) => (
                <li key={id}>
                  <span className="row-text">{id}</span>
                  <small>{t.people(accounts)}</small>
                </li>
              ))}
            </ul>
          )}
        </Loaded>
      </section>
    </>
  )
}
