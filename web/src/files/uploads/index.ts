import { lazy } from 'react'
import { sayProblem } from '../../ui/toast.tsx'
import { add, findUnfinished } from './manager.ts'

/** A file, and the folders that it lies in below the place it goes to. */
export interface TreeFile {
  readonly file: File
  readonly path: readonly string[]
}

/** Uploads files with their folders, which are made where they are not there. */
export const enqueueTree = async (files: readonly TreeFile[], folder: string | null, team?: string): Promise<void> => {
  const flat = files.filter(({ path }) => path.length === 0)
  if (flat.length > 0) add(flat.map(({ file }) => ({ file, folder, team })))
  if (flat.length === files.length) return
  const { folderMaker } = await import('./folders.ts')
  const folderOf = folderMaker(folder, team)
  try {
    for (const { file, path } of files) if (path.length > 0) add([{ file, folder: await folderOf(path), team }])
  } catch (error) {
    sayProblem(error)
  }
}

/**
 * Uploads files in the background, whatever page is shown: the tray in the frame tells how it goes. Files that were
 * chosen as a folder keep their folders.
 *
 * @param folderId Where they go; the top unless told.
 * @param team Whose drive the top is, where it is not one's own.
 */
export const enqueueUploads = (files: readonly File[], folderId: string | null = null, team?: string): Promise<void> =>
  enqueueTree(
    files.map((file) => ({ file, path: file.webkitRelativePath.split('/').slice(0, -1) })),
    folderId,
    team,
  )

/** Shows what is uploaded; once, in the frame. */
export const UploadTray = lazy(async () => {
  const { Tray } = await import('./tray.tsx')
  // Without it everything else works; what was begun before is found the next time.
  await findUnfinished().catch(() => undefined)
  return { default: Tray }
})
