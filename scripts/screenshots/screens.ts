import type { Page, Request } from 'playwright-core'
import { eventually } from '../../test/services/eventually.ts'
import type { Demo } from './demo.ts'

/** A page, or a page with something opened on it. */
export interface Screen {
  readonly name: string
  readonly path: string
  /** What to do before it is looked at. */
  readonly prepare?: (page: Page) => Promise<unknown>
  /** Whether that takes buttons by their English names. */
  readonly isPressed?: boolean
  /** Seen by people without an account, or from before there is one. */
  readonly isPublic?: boolean
}

const press =
  (name: string | RegExp) =>
  (page: Page): Promise<void> =>
    page.locator('main').getByRole('button', { name }).first().click()

const shows =
  (selector: string) =>
  (page: Page): Promise<void> =>
    page.locator(selector).first().waitFor()

const both =
  (...steps: readonly ((page: Page) => Promise<unknown>)[]) =>
  async (page: Page): Promise<void> => {
    for (const step of steps) await step(page)
  }

/** Pressed again until it is heard: a page listens a little after its heading is there. */
const byKey =
  (key: string, selector: string) =>
  (page: Page): Promise<void> =>
    eventually(async () => {
      await page.keyboard.press(key)
      await page.locator(selector).first().waitFor({ timeout: 1_000 })
    })

/** Pages that show what they have by themselves: the names of their pictures, and where they are. */
const plain = (pages: Readonly<Record<string, string>>): readonly Screen[] =>
  Object.entries(pages).map(([name, path]) => ({ name, path }))

const dialog = shows('[role=dialog] h2')

const EDITOR = shows('.cm-content')

/** The choice is kept by the server, so it is made wherever it matters. */
const view =
  (name: string) =>
  async (page: Page): Promise<void> => {
    await page.locator('.file-row, .file-tile').first().waitFor()
    const button = page.getByRole('button', { name, exact: true })
    if (await button.isVisible()) await button.click()
  }

const rowMenu = (page: Page): Promise<void> =>
  page
    .locator('main')
    .getByRole('button', { name: /^Actions for/ })
    .first()
    .click()

const firstKey = (page: Page): Promise<void> => page.locator('.table tbody tr button').first().click()

const choose =
  (name: string) =>
  (page: Page): Promise<void> =>
    page.getByRole('menuitem', { name: new RegExp(`^${name}\\b`) }).click()

/** Every page that people see, with the things that open on it. */
export const screensOf = ({ botid, cardId, files }: Demo): readonly Screen[] => [
  ...WHOLE,
  ...screensOfFiles(files),
  ...screensOfCards(cardId),
  ...screensOfBots(botid),
  ...ACCOUNT,
  ...PUBLIC,
  { name: 'shared-folder', path: files.folderLink, isPublic: true },
  { name: 'shared-locked', path: files.lockedLink, isPublic: true },
  { name: 'shared-request', path: files.requestLink, isPublic: true },
]

const WHOLE: readonly Screen[] = [
  { name: 'home', path: '/' },
  { name: 'search', path: '/search?q=lemon', prepare: shows('.items li, .item') },
  { name: 'palette', isPressed: true, path: '/', prepare: byKey('Control+k', '.palette') },
  { name: 'keys-help', isPressed: true, path: '/', prepare: byKey('?', '[role=dialog] h2') },
]

const screensOfFiles = (files: Demo['files']): readonly Screen[] => [
  { name: 'files-list', isPressed: true, path: '/files', prepare: both(view('List'), shows('.file-row')) },
  { name: 'files-folder', path: `/files/${files.folderId}`, prepare: shows('.file-picture') },
  { name: 'files-search', path: '/files?q=jpg', prepare: shows('.file-row, .file-tile') },
  {
    name: 'files-menu',
    isPressed: true,
    path: '/files',
    prepare: both(shows('.file-row, .file-tile'), rowMenu, shows('[role=menu]')),
  },
  {
    name: 'files-share',
    isPressed: true,
    path: '/files',
    prepare: both(shows('.file-row, .file-tile'), rowMenu, choose('Share'), dialog),
  },
  {
    name: 'files-details',
    isPressed: true,
    path: '/files',
    prepare: both(shows('.file-row, .file-tile'), rowMenu, choose('Details'), dialog),
  },
  {
    name: 'preview-picture',
    path: `/files/${files.folderId}?open=${files.pictureId}`,
    prepare: shows('.preview img'),
  },
  { name: 'preview-text', path: `/files?open=${files.textId}`, prepare: shows('.preview-text') },
  { name: 'preview-table', path: `/files?open=${files.tableId}`, prepare: shows('.preview-table') },
  { name: 'preview-sound', path: `/files?open=${files.soundId}`, prepare: shows('.preview audio') },
  { name: 'preview-pdf', path: `/files?open=${files.pdfId}`, prepare: shows('.pdf-page canvas') },
  {
    name: 'files-grid',
    isPressed: true,
    path: `/files/${files.folderId}`,
    prepare: both(view('Grid'), shows('.file-picture')),
  },
  ...plain({
    'files-links': '/files/links',
    'files-trash': '/files/trash',
  }),
  { name: 'files-storage', path: '/files/storage', prepare: shows('.backend') },
]

const screensOfCards = (cardId: string): readonly Screen[] => [
  { name: 'cards', path: '/cards', prepare: shows('.tile') },
  { name: 'cards-search', path: '/cards?q=tag%3Awalking', prepare: shows('.tile') },
  { name: 'card-sheet', path: `/cards?card=${cardId}`, prepare: dialog },
  ...plain({
    'cards-tags': '/cards/tags',
    'cards-trash': '/cards/trash',
    'cards-import': '/cards/import',
  }),
]

const screensOfBots = (botid: string): readonly Screen[] => {
  const bot = (tab = ''): string => `/bots/${botid}${tab}`
  return [
    { name: 'bots', path: '/bots', prepare: shows('.bots-list') },
    { name: 'bots-create', isPressed: true, path: '/bots', prepare: both(press('New bot'), dialog) },
    { name: 'bot-workshop', path: `${bot()}?command=%2Fmenu`, prepare: EDITOR },
    { name: 'bot-overview', path: bot('/overview'), prepare: shows('.overview-tile') },
    ...plain({
      'bot-users': bot('/users'),
      'bot-data': bot('/data'),
      'bot-broadcasts': bot('/broadcasts'),
      'bot-tasks': bot('/tasks'),
      'bot-tests': bot('/tests'),
      'bot-errors': bot('/errors'),
      'bot-settings': bot('/settings'),
      'bots-trash': '/bots/trash',
    }),
  ]
}

const ACCOUNT: readonly Screen[] = [
  { name: 'account', path: '/account' },
  { name: 'keys', path: '/account/keys', prepare: shows('.table tbody tr') },
  { name: 'key-usage', path: '/account/keys', prepare: both(firstKey, shows('[role=dialog] canvas')) },
  { name: 'keys-create', isPressed: true, path: '/account/keys', prepare: both(press('New key'), dialog) },
  ...plain({
    access: '/account/access',
    teams: '/account/teams',
    log: '/account/log',
    admin: '/admin',
    'admin-accounts': '/admin/accounts',
    'admin-jobs': '/admin/jobs',
    'not-found': '/cards/nowhere',
  }),
]

const PUBLIC: readonly Screen[] = [
  { name: 'sign-in', path: '/sign-in', isPublic: true },
  { name: 'setup', path: '/setup#t=0', isPublic: true },
  { name: 'join', path: '/join#t=0', isPublic: true },
]

/** Opens a screen, and waits until it has come to rest. */
export const openScreen = async (page: Page, url: string, { path, prepare }: Screen): Promise<void> => {
  const pending = pendingOf(page)
  await page.goto(new URL(path, url).href)
  await page.locator('h1, .empty, .notice').first().waitFor()
  await prepare?.(page)
  await eventually(async () => {
    if (pending.size > 0) throw new Error(`It still waits for ${[...pending].map((each) => each.url()).join(', ')}`)
    await page.evaluate(AT_REST)
    if (pending.size > 0) throw new Error('It has asked for more.')
  })
}

const pendings = new WeakMap<Page, Set<Request>>()

/** What a page has asked for and not got yet; streams never end. */
const pendingOf = (page: Page): Set<Request> => {
  const known = pendings.get(page)
  if (known !== undefined) return known
  const pending = new Set<Request>()
  pendings.set(page, pending)
  const drop = (request: Request): void => void pending.delete(request)
  page.on('request', (request) => {
    if (!['eventsource', 'media'].includes(request.resourceType())) pending.add(request)
  })
  page.on('requestfinished', drop)
  page.on('requestfailed', drop)
  page.on('framenavigated', (frame) => {
    if (frame === page.mainFrame()) pending.clear()
  })
  return pending
}

/** Fonts, pictures and movements; then two frames, so that all of it is drawn. */
const AT_REST = `(async () => {
  await document.fonts.ready
  const isInSight = (image) => {
    const { top, bottom } = image.getBoundingClientRect()
    return bottom > 0 && top < innerHeight
  }
  await Promise.all([...document.images].filter(isInSight).map((image) => image.decode().catch(() => undefined)))
  const ends = document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity)
  await Promise.all(ends.map(({ finished }) => finished.catch(() => undefined)))
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
})()`
