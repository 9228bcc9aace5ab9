import { copyFile, updateFile } from '../../../src/files/files/contract.ts'
import { createFolder, type Folder, updateFolder } from '../../../src/files/folders/contract.ts'
import { restoreFile, restoreFolder, trashFile, trashFolder } from '../../../src/files/trash/contract.ts'
import { api, queries } from '../api.ts'
import { sayProblem } from '../ui/toast.tsx'
import { undoing } from '../ui/undo.ts'
import { type Entry, idOf, nameOf, parentOf } from './entry.ts'
import { inTurn, type Outcome } from './in-turn.ts'
import { type Listing, withoutFiles } from './list/listing.ts'
import type { Team } from './queries.ts'
import { filesTexts } from './texts.ts'

/** Everything that shows files or folders asks again for what is in sight. */
export const refreshFiles = () => queries.invalidateQueries({ queryKey: ['files'] })

const { sayWithUndo, undoLast } = undoing(refreshFiles)

export { undoLast }

/** Takes entries out of every list that shows them, before the server has answered. */
const hide = (entries: readonly Entry[]): (() => void) => {
  const ids = new Set(entries.map(idOf))
  const before = [
    ...queries.getQueriesData<Listing>({ queryKey: ['files', 'list'] }),
    ...queries.getQueriesData<Folder[]>({ queryKey: ['files', 'folders'] }),
  ]
  queries.setQueriesData<Listing>({ queryKey: ['files', 'list'] }, (old) => old && withoutFiles(old, ids))
  queries.setQueriesData<Folder[]>({ queryKey: ['files', 'folders'] }, (old) => old?.filter(({ id }) => !ids.has(id)))
  return () => {
    for (const [key, data] of before) queries.setQueryData(key, data)
  }
}

/** What failed is said, and what was hidden too early is shown again. */
const settle = async <T>({ done, failures }: Outcome<T>, show: () => void): Promise<readonly T[]> => {
  if (failures.length > 0) {
    show()
    sayProblem(failures[0])
  }
  await refreshFiles()
  return done
}

const restore = (entry: Entry) =>
  entry.kind === 'file'
    ? api.call(restoreFile, { params: { id: entry.file.id } })
    : api.call(restoreFolder, { params: { id: entry.folder.id } })

/** Puts entries into the trash, with a way back. */
export const trashEntries = async (entries: readonly Entry[]): Promise<void> => {
  await queries.cancelQueries({ queryKey: ['files', 'list'] })
  const show = hide(entries)
  const outcome = await inTurn(entries, (entry) =>
    entry.kind === 'file'
      ? api.call(trashFile, { params: { id: entry.file.id } })
      : api.call(trashFolder, { params: { id: entry.folder.id } }),
  )
  const done = await settle(outcome, show)
  const [first] = done
  if (first === undefined) return
  const t = filesTexts.now()
  const text = done.length === 1 ? t.trashedOne(nameOf(first)) : t.trashedMany(done.length)
  sayWithUndo(text, () => inTurn(done, restore))
}

const put = (entry: Entry, folder: string | null) =>
  entry.kind === 'file'
    ? api.call(updateFile, { params: { id: entry.file.id }, body: { folder_id: folder } })
    : api.call(updateFolder, { params: { id: entry.folder.id }, body: { parent_id: folder } })

/** Moves entries into a folder; null is the top. Those that are there already stay. */
export const moveEntries = async (entries: readonly Entry[], folder: string | null, to: string): Promise<void> => {
  const away = entries.filter((entry) => parentOf(entry) !== folder && idOf(entry) !== folder)
  if (away.length === 0) return
  await queries.cancelQueries({ queryKey: ['files', 'list'] })
  const show = hide(away)
  const done = await settle(await inTurn(away, (entry) => put(entry, folder)), show)
  if (done.length === 0) return
  sayWithUndo(filesTexts.now().moved(done.length, to), () => inTurn(done, (entry) => put(entry, parentOf(entry))))
}

/** Copies files into a folder. */
export const copyFiles = async (
  entries: readonly Entry[],
  folder: string | null,
  team: Team,
  to: string,
): Promise<void> => {
  const files = entries.flatMap((entry) => (entry.kind === 'file' ? [entry.file] : []))
  const body = { folder_id: folder, team_id: team ?? null }
  const made: string[] = []
  const outcome = await inTurn(files, async ({ id }) => {
    made.push((await api.call(copyFile, { params: { id }, body })).id)
  })
  const done = await settle(outcome, () => undefined)
  if (done.length === 0) return
  const undo = () => inTurn(made, (id) => api.call(trashFile, { params: { id } }))
  sayWithUndo(filesTexts.now().copied(done.length, to), undo)
}

const name = (entry: Entry, text: string) =>
  entry.kind === 'file'
    ? api.call(updateFile, { params: { id: entry.file.id }, body: { file_name: text } })
    : api.call(updateFolder, { params: { id: entry.folder.id }, body: { name: text } })

/** @throws {ClientError} for whoever shows it beside the field. */
export const renameEntry = async (entry: Entry, text: string): Promise<void> => {
  const old = nameOf(entry)
  if (text === old) return
  await name(entry, text)
  await refreshFiles()
  sayWithUndo(filesTexts.now().renamed(text), () => name(entry, old))
}

/** @throws {ClientError} for whoever shows it beside the field. */
export const makeFolder = async (text: string, parent: string | null, team: Team): Promise<Folder> => {
  const place = { parent_id: parent, team_id: team ?? null }
  const made = await api.call(createFolder, { body: { name: text, ...place } })
  await refreshFiles()
  return made
}
