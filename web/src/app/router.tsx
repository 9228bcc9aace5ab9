import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { NotFound, Problem } from './problem.tsx'
import { currentAccount } from './session.ts'
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

const home = page('/', () => import('./home.tsx'), 'Home')
const files = page('/files/$', () => import('../files/page.tsx'), 'FilesPage')
const bots = page('/bots/$', () => import('../bots/page.tsx'), 'BotsPage')
const cards = page('/cards/$', () => import('../cards/page.tsx'), 'CardsPage')
const account = page('/account/$', () => import('../account/page.tsx'), 'AccountPage')

export const router = createRouter({
  routeTree: root.addChildren([signIn, setup, signedIn.addChildren([home, files, bots, cards, account])]),
  defaultPreload: 'intent',
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
