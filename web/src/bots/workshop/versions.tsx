import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { Button as AriaButton } from 'react-aria-components'
import { formatAgo } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { versionQuery, versionsQuery } from '../queries.ts'
import { Failed, Loading } from '../states.tsx'
import { restoreVersion } from './command-changes.ts'
import { workshopTexts } from './texts.ts'

const DiffView = lazy(() => import('../editor/diff-view.tsx'))

export interface VersionsProps {
  readonly botid: string
  readonly name: string
  /** The code as it is written here. */
  readonly text: string
  readonly onRestored: () => void
  readonly onClose: () => void
}

/** What a command was: every save, what changed since, and the way back. */
const Versions = ({ botid, name, text, onRestored, onClose }: VersionsProps) => {
  const t = workshopTexts.use()
  const versions = useQuery(versionsQuery(botid, name))
  const [chosen, setChosen] = useState<number>()
  const newest = versions.data?.[0]?.version ?? 0
  return (
    <Dialog title={t.versions(name)} isOpen onClose={onClose} place="side">
      {versions.isPending && <Loading />}
      {versions.isError && <Failed error={versions.error} retry={versions.refetch} />}
      {chosen !== undefined && (
        <Chosen
          botid={botid}
          name={name}
          version={chosen}
          text={text}
          onRestore={() => {
            onClose()
            void restoreVersion(botid, name, chosen, newest).then(onRestored)
          }}
        />
      )}
      <ol className="bots-list">
        {versions.data?.map(({ version, saved_at, saved_by, command }) => (
          <li key={version}>
            <AriaButton
              className="workshop-version"
              aria-current={version === chosen}
              onPress={() => setChosen(version)}
            >
              <strong>{t.version(version)}</strong>
              {command !== name && <code>{command}</code>}
              <span className="bots-muted">
                {formatAgo(saved_at)}, {saved_by.startsWith('key:') ? t.byKey : t.bySession}
              </span>
            </AriaButton>
          </li>
        ))}
      </ol>
    </Dialog>
  )
}

const Chosen = ({
  botid,
  name,
  version,
  text,
  onRestore,
}: Pick<VersionsProps, 'botid' | 'name' | 'text'> & { readonly version: number; readonly onRestore: () => void }) => {
  const t = workshopTexts.use()
  const found = useQuery(versionQuery(botid, name, version))
  if (found.isPending) return <Loading rows={2} />
  if (found.data === undefined) return <Failed error={found.error} retry={found.refetch} />
  const isSame = found.data.code === text
  return (
    <section className="bots-stack">
      <div className="bots-row">
        <h3 className="bots-grow">{isSame ? t.sameAsNow : t.sinceThen}</h3>
        <Button tone="accent" isDisabled={isSame} onPress={onRestore}>
          {t.restoreVersion}
        </Button>
      </div>
      <Suspense fallback={<div className="skeleton workshop-diff" />}>
        <DiffView before={found.data.code} after={text} />
      </Suspense>
    </section>
  )
}

export default Versions
