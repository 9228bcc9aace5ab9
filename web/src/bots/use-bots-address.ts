import { useLocation, useNavigate } from '@tanstack/react-router'
import { type BotsSearch, type BotTab, botsSearch, tabPath } from './address.ts'

/** Where one is among the bots, and how to get elsewhere. */
export const useBotsAddress = () => {
  const navigate = useNavigate()
  const location = useLocation()
  const search = botsSearch(location.search as Readonly<Record<string, unknown>>)
  const rest = decodeURI(location.pathname.replace(/^\/bots\/?/, ''))
  return {
    rest,
    search,
    /** Changes what stands behind the question mark; undefined takes it out. */
    change: (part: { readonly [K in keyof BotsSearch]?: BotsSearch[K] | undefined }): void => {
      const next = botsSearch({ ...search, ...part })
      void navigate({ to: '/bots/$', params: { _splat: rest }, search: next as never, replace: true })
    },
    open: (botid: string, tab: BotTab = 'workshop', found: BotsSearch = {}): void =>
      void navigate({ to: '/bots/$', params: { _splat: tabPath(botid, tab) }, search: found as never }),
    toList: (): void => void navigate({ to: '/bots/$', params: { _splat: '' } }),
  }
}
