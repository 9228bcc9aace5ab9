import { Link, useParams } from '@tanstack/react-router'
import { type ComponentType, lazy, Suspense } from 'react'
import { NotFound } from '../app/problem.tsx'
import { CardsHome } from './home.tsx'
import { cardsTexts } from './texts.ts'
import './cards.css'

const PAGES = [
  { path: '', name: 'cards' },
  { path: 'tags', name: 'tags' },
  { path: 'trash', name: 'trash' },
  { path: 'import', name: 'transfer' },
] as const

const SHOWN: Readonly<Record<string, ComponentType>> = {
  '': CardsHome,
  tags: lazy(() => import('./pages/tags-page.tsx')),
  trash: lazy(() => import('./pages/trash-page.tsx')),
  import: lazy(() => import('./pages/import-page.tsx')),
}

/** Everything of the area cards, by the end of the address. */
export const CardsPage = () => {
  const t = cardsTexts.use()
  const { _splat = '' } = useParams({ strict: false })
  const path = _splat.replace(/\/+$/, '')
  const Shown = Object.hasOwn(SHOWN, path) ? SHOWN[path] : undefined
  if (Shown === undefined) return <NotFound />
  const title = PAGES.find((page) => page.path === path)?.name ?? 'cards'
  return (
    <div className="cards">
      <div className="page-head cards-head">
        <h1>{t[title]}</h1>
        <nav className="cards-pages" aria-label={t.pages}>
          {PAGES.map((page) => (
            <Link
              key={page.path}
              to="/cards/$"
              params={{ _splat: page.path }}
              className="tab"
              activeOptions={{ exact: true, includeSearch: false }}
              data-selected={page.path === path ? '' : undefined}
            >
              {t[page.name]}
            </Link>
          ))}
        </nav>
      </div>
      <Suspense>
        <Shown />
      </Suspense>
    </div>
  )
}
