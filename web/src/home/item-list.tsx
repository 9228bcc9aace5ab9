import { Bot, FileText, LibraryBig } from 'lucide-react'
import { Link } from 'react-aria-components'
import { formatAgo } from '../texts.ts'
import type { Item } from './river.ts'
import './home.css'

const ICONS = { files: FileText, bots: Bot, cards: LibraryBig } as const

/** Things of all areas, one line each. */
export const ItemList = ({ items, label }: { readonly items: readonly Item[]; readonly label: string }) => (
  <ul className="items" aria-label={label}>
    {items.map((item) => (
      <li key={`${item.area} ${item.id}`}>
        <ItemLine item={item} />
      </li>
    ))}
  </ul>
)

const ItemLine = ({ item: { area, name, about, href, at, image } }: { readonly item: Item }) => {
  const Icon = ICONS[area]
  return (
    <Link className="item" href={href} data-area={area}>
      {image === undefined ? (
        <Icon aria-hidden size={18} strokeWidth={1.75} />
      ) : (
        <img src={image} alt="" width={36} height={36} loading="lazy" />
      )}
      <span className="item-name">{name}</span>
      <span className="item-about">{about}</span>
      <time dateTime={new Date(at).toISOString()}>{formatAgo(new Date(at).toISOString())}</time>
    </Link>
  )
}

/** Lines where the list will be. */
export const ItemSkeleton = ({ label }: { readonly label: string }) => (
  <div className="items" role="status" aria-label={label}>
    {[1, 2, 3, 4, 5].map((n) => (
      <div key={n} className="skeleton" style={{ blockSize: 44 }} />
    ))}
  </div>
)
