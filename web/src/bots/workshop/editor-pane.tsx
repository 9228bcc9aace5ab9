import { History, Play, Save, Undo2 } from 'lucide-react'
import { lazy, Suspense, useEffect, useState } from 'react'
import { useActions } from '../../app/actions.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import type { Problem } from '../editor/lint.ts'
import type { EditorLink, EditorSession } from '../editor/session.ts'
import { Failed, Loading } from '../states.tsx'
import { sayWithUndo } from '../undo.ts'
import { Conflict } from './conflict.tsx'
import { drafts } from './kept.ts'
import { workshopTexts } from './texts.ts'
import { type CommandDoc, useCommandDoc } from './use-command-doc.ts'
import { type SavingState, useSaving } from './use-saving.ts'

const CodeEditor = lazy(() => import('../editor/code-editor.tsx'))
const Versions = lazy(() => import('./versions.tsx'))

export interface EditorPaneProps {
  readonly botid: string
  readonly name: string
  readonly session: EditorSession
  readonly knowledge: Pick<EditorLink, 'facts' | 'words' | 'language'>
  readonly failure: { readonly line: number; readonly message: string } | undefined
  readonly goTo: { readonly line: number } | undefined
  /** Sends the name of the command in the simulator. */
  readonly onRun: () => void
}

/** One command: its code, and what becomes of it. Give it the name of the command as its key. */
export const EditorPane = (props: EditorPaneProps) => {
  const { botid, name, session, knowledge, failure, goTo, onRun } = props
  const t = workshopTexts.use()
  const doc = useCommandDoc(botid, name)
  const [problems, setProblems] = useState<readonly Problem[]>([])
  const [isHistoryOpen, setHistoryOpen] = useState(false)
  const saving = useSaving(botid, name, doc, { problems, check: () => session.check() })
  const save = (): void => void saving.save()
  const run = async (): Promise<void> => {
    if (await saving.save()) onRun()
  }
  useEffect(() => {
    session.link = { ...knowledge, onText: doc.edit, onProblems: setProblems, onSave: save, onRun: () => void run() }
  })
  useActions([
    { id: 'command.save', name: t.save, keys: 'mod+s', group: name, area: 'bots', run: save },
    { id: 'command.run', name: t.run, keys: 'mod+enter', group: name, area: 'bots', run: () => void run() },
    { id: 'command.versions', name: t.history, group: name, area: 'bots', run: () => setHistoryOpen(true) },
  ])
  if (doc.text === undefined)
    return doc.saved.isError ? <Failed error={doc.saved.error} retry={doc.saved.refetch} /> : <Loading rows={6} />
  return (
    <div className="workshop-editor">
      <Toolbar doc={doc} saving={saving} botid={botid} name={name} onRun={run} onHistory={() => setHistoryOpen(true)} />
      {doc.isBehind && (
        <Notice tone="warn">
          <div className="bots-row">
            <span className="bots-grow">{t.newer}</span>
            <Button onPress={saving.compare}>{t.compare}</Button>
          </div>
        </Notice>
      )}
      {failure !== undefined && <p className="workshop-failure">{failure.message}</p>}
      <Suspense fallback={<Loading rows={6} />}>
        <CodeEditor
          key={`${name} ${doc.revision}`}
          session={session}
          docId={name}
          text={doc.text}
          failedLine={failure?.line}
          goTo={goTo}
          facts={`${knowledge.words.length} ${knowledge.facts.commands.size} ${knowledge.facts.parseMode}`}
        />
      </Suspense>
      <p className="workshop-foot" role="status">
        {saving.isWarned ? t.notSaved : problems.length > 0 ? t.problems(problems.length) : ''}
      </p>
      <Conflict name={name} mine={doc.text} saving={saving} />
      {isHistoryOpen && (
        <Suspense>
          <Versions
            botid={botid}
            name={name}
            text={doc.text}
            onRestored={doc.discard}
            onClose={() => setHistoryOpen(false)}
          />
        </Suspense>
      )}
    </div>
  )
}

const Toolbar = ({
  doc,
  saving,
  botid,
  name,
  onRun,
  onHistory,
}: {
  readonly doc: CommandDoc
  readonly saving: SavingState
  readonly botid: string
  readonly name: string
  readonly onRun: () => Promise<void>
  readonly onHistory: () => void
}) => {
  const t = workshopTexts.use()
  const discard = (): void => {
    const draft = drafts.read(botid, name)
    doc.discard()
    if (draft !== undefined) sayWithUndo(t.discarded, async () => doc.edit(draft.text))
  }
  return (
    <div className="workshop-bar">
      <span className="bots-muted bots-grow" role="status">
        {doc.isDirty ? t.unsaved : t.saved}
      </span>
      {doc.isDirty && (
        <IconButton label={t.discard} onPress={discard}>
          <Undo2 aria-hidden size={18} />
        </IconButton>
      )}
      <IconButton label={t.history} onPress={onHistory}>
        <History aria-hidden size={18} />
      </IconButton>
      <Button isDisabled={!doc.isDirty} isPending={saving.isPending} onPress={() => void saving.save()}>
        <Save aria-hidden size={16} />
        {saving.isWarned ? t.saveAnyway : t.save}
      </Button>
      <Button tone="accent" onPress={() => void onRun()}>
        <Play aria-hidden size={16} />
        {t.run}
      </Button>
    </div>
  )
}
