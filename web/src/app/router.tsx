import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { parseAuditSearch } from '../account/audit-search.ts'
import { parseCardsAddress } from '../cards/address.ts'
import { filesSearch } from '../files/address.ts'
import { NotFound, Problem } from './problem.tsx'
import { currentAccount } from './session.ts'
import { parseShared } from './shared.ts'
import { Shell } from './shell.tsx'
import { SignIn } from './sign-in.tsx'

const root = createRootRoute({ notFoundComponent: NotFound, errorComponent: Problem })

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>) => ({ to: typeof search.to === 'string' ? search.to : undefined }),
  component: SignIn,
})

const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyRouteComponent(() => import('../setup/page.tsx'), 'SetupPage'),
})

const join = createRoute({
  getParentRoute: () => root,
  path: '/join',
  component: lazyRouteComponent(() => import('../join/page.tsx'), 'JoinPage'),
})

/** Everything behind the sign-in, within the frame. */
export const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  beforeLoad: async ({ location }) => {
    if ((await currentAccount()) === null) throw redirect({ to: '/sign-in', search: { to: location.href } })
  },
  component: Shell,
})

const page = <const Path extends string>(path: Path, load: () => Promise<Record<string, unknown>>, name: string) =>
  createRoute({
    getParentRoute: () => signedIn,
    path,
    component: lazyRouteComponent(load as () => Promise<Record<string, never>>, name),
  })

const home = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  // The API gives every card such an address.
  validateSearch: (search: Record<string, unknown>): { card?: string; new?: boolean } => ({
    ...(typeof search.card === 'string' ? { card: search.card } : {}),
    ...(search.new === true ? { new: true } : {}),
  }),
  beforeLoad: ({ search: { card } }) => {
    if (card !== undefined) throw redirect({ to: '/cards/$', params: { _splat: '' }, search: { card } })
  },
  component: lazyRouteComponent(() => import('../home/page.tsx'), 'Home'),
})
const files = createRoute({
  getParentRoute: () => signedIn,
  path: '/files/$',
  validateSearch: filesSearch,
  component: lazyRouteComponent(() => import('../files/page.tsx'), 'FilesPage'),
})
const bots = page('/bots/$', () => import('../bots/page.tsx'), 'BotsPage')
const cards = createRoute({
  getParentRoute: () => signedIn,
  path: '/cards/$',
  validateSearch: parseCardsAddress,
  component: lazyRouteComponent(() => import('../cards/page.tsx'), 'CardsPage'),
})
const account = createRoute({
  getParentRoute: () => signedIn,
  path: '/account/$',
  validateSearch: parseAuditSearch,
  component: lazyRouteComponent(() => import('../account/page.tsx'), 'AccountPage'),
})
const admin = page('/admin/$', () => import('../admin/page.tsx'), 'AdminPage')
const search = createRoute({
  getParentRoute: () => signedIn,
  path: '/search',
  // The router reads `q=123` as a number.
  validateSearch: ({ q }: Record<string, unknown>): { q?: string } =>
    ['string', 'number'].includes(typeof q) && q !== '' ? { q: String(q).slice(0, 1000) } : {},
  component: lazyRouteComponent(() => import('../search/page.tsx'), 'SearchPage'),
})
const share = createRoute({
  getParentRoute: () => signedIn,
  path: '/share',
  validateSearch: parseShared,
  component: lazyRouteComponent(() => import('./share.tsx'), 'SharePage'),
})

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    setup,
    join,
    signedIn.addChildren([home, files, bots, cards, account, admin, search, share]),
  ]),
  defaultPreload: 'intent',
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
