import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Search as SearchIcon } from 'lucide-react'
import { useRef } from 'react'
import { Input, Link, SearchField } from 'react-aria-components'
import { messageOf } from '../api.ts'
import { useActions } from '../app/actions.ts'
import { allBots, botsNamed, cardsFound, filesFound } from '../app/finding.ts'
import { shellTexts } from '../app/texts.ts'
import { useTyped } from '../app/use-typed.ts'
import { ItemList, ItemSkeleton } from '../home/item-list.tsx'
import { botItem, cardItem, fileItem } from '../home/items.ts'
import type { Item } from '../home/river.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { Notice } from '../ui/notice.tsx'
import { searchTexts } from './texts.ts'
import './search.css'

const SHOWN = 12

/** One box for all areas. What is looked for is in the address. */
export const SearchPage = () => {
  const t = searchTexts.use()
  const { q = '' } = useSearch({ from: '/signed-in/search' })
  const navigate = useNavigate()
  const typed = useTyped(q, (wanted) => {
    const search = wanted === '' ? {} : { q: wanted }
    void navigate({ to: '/search', search, replace: q !== '' })
  })
  const box = useRef<HTMLInputElement>(null)
  useActions([{ id: 'search', name: t.label, keys: '/', inPalette: false, run: () => box.current?.select() }])
  return (
    <div className="search">
      <h1>{t.title}</h1>
      <SearchField className="search-box" aria-label={t.label} value={typed.text} onChange={typed.setText} autoFocus>
        <SearchIcon aria-hidden size={20} />
        <Input ref={box} className="input" placeholder={t.placeholder} enterKeyHint="search" />
      </SearchField>
      {q === '' ? <Empty title={t.start} text={t.hint} /> : <Results q={q} />}
    </div>
  )
}

const Results = ({ q }: { readonly q: string }) => {
  const t = searchTexts.use()
  const words = shellTexts.use()
  const cards = useQuery({ ...cardsFound(q, SHOWN), placeholderData: keepPreviousData })
  const files = useQuery({ ...filesFound(q, SHOWN), placeholderData: keepPreviousData })
  const bots = useQuery(allBots)
  const named = botsNamed(bots.data ?? [], q)
  const failed = [cards, files, bots].find(({ error }) => error !== null)
  const total = (cards.data?.total ?? 0) + (files.data?.pagination.total ?? 0) + named.length
  if (cards.isPending || files.isPending || bots.isPending) return <ItemSkeleton label={words.loading} />
  return (
    <>
      <p className="visually-hidden" role="status">
        {t.found(total)}
      </p>
      {failed !== undefined && (
        <Notice tone="danger">
          <p>{messageOf(failed.error)}</p>
          <Button onPress={() => void failed.refetch()}>{words.again}</Button>
        </Notice>
      )}
      {cards.data?.corrections.map(({ word, instead }) => (
        <Notice key={word}>{t.insteadOf(word, instead.join(', '))}</Notice>
      ))}
      {total === 0 && failed === undefined && <Empty title={t.nothing} text={t.nothingText} />}
      <Part title={t.bots} items={named.map(botItem)} total={named.length} href="/bots" />
      <Part
        title={t.files}
        items={(files.data?.files ?? []).map(fileItem)}
        total={files.data?.pagination.total ?? 0}
        href={`/files?q=${encodeURIComponent(q)}`}
      />
      <Part
        title={t.cards}
        items={(cards.data?.items ?? []).map(cardItem)}
        total={cards.data?.total ?? 0}
        href={`/cards?q=${encodeURIComponent(q)}`}
      />
    </>
  )
}

const Part = ({
  title,
  items,
  total,
  href,
}: {
  readonly title: string
  readonly items: readonly Item[]
  readonly total: number
  readonly href: string
}) => {
  const t = searchTexts.use()
  if (items.length === 0) return null
  return (
    <section>
      <h2 className="search-heading">
        {title}
        <Link href={href}>{t.all(total)}</Link>
      </h2>
      <ItemList items={items} label={title} />
    </section>
  )
}
