import { useInfiniteQuery } from '@tanstack/react-query'
import { Link2 } from 'lucide-react'
import { Empty } from '../../ui/empty.tsx'
import { FilesFrame } from '../frame.tsx'
import { sharesQuery } from '../queries.ts'
import { filesTexts } from '../texts.ts'
import { ShareList } from './list.tsx'
import { shareTexts } from './texts.ts'
import './shares.css'

/** Every link there is, and was. */
export const LinksPage = () => {
  const t = shareTexts.use()
  const words = filesTexts.use()
  const found = useInfiniteQuery(sharesQuery({}))
  const isEmpty = found.data?.pages[0]?.shares.length === 0
  return (
    <FilesFrame head={<h1>{words.links}</h1>}>
      <div className="files-page">
        {isEmpty ? (
          <Empty
            icon={<Link2 aria-hidden size={40} strokeWidth={1.25} className="files-empty-icon" />}
            title={t.noLinks}
            text={t.noLinksText}
          />
        ) : (
          <ShareList of={{}} hasNames />
        )}
      </div>
    </FilesFrame>
  )
}
