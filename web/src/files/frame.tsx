import { PanelLeft } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { IconButton } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Side } from './list/side.tsx'
import { filesTexts } from './texts.ts'

/** What every page about files has: the places beside it, and what it is called above it. */
export const FilesFrame = ({ head, children }: { readonly head: ReactNode; readonly children: ReactNode }) => {
  const t = filesTexts.use()
  const [isOpen, setIsOpen] = useState(false)
  return (
    <div className="files">
      <aside className="files-side">
        <Side />
      </aside>
      <div className="files-main">
        <header className="files-top">
          <span className="files-side-button">
            <IconButton label={t.showFolders} onPress={() => setIsOpen(true)}>
              <PanelLeft aria-hidden size={18} />
            </IconButton>
          </span>
          {head}
        </header>
        {children}
      </div>
      <Dialog title={t.places} isOpen={isOpen} onClose={() => setIsOpen(false)} place="side">
        <Side onGo={() => setIsOpen(false)} />
      </Dialog>
    </div>
  )
}
