import { FolderPage } from './list/folder-page.tsx'
import { useFilesAddress } from './list/use-goto.ts'
import { LinksPage } from './shares/page.tsx'
import { StoragePage } from './storage/page.tsx'
import { TrashPage } from './trash/page.tsx'
import './files.css'

/** Everything under `/files`. */
export const FilesPage = () => {
  const { place } = useFilesAddress()
  if (place.kind === 'folder') return <FolderPage folder={place.id} />
  if (place.kind === 'links') return <LinksPage />
  if (place.kind === 'trash') return <TrashPage />
  return <StoragePage />
}
