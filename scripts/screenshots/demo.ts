import type { Browser } from 'playwright-core'
import { listKeys, updateKey } from '../../src/accounts/api-keys/contract.ts'
import { createTeam, createTeamInvite } from '../../src/accounts/teams/contract.ts'
import { createCard, listCards } from '../../src/cards/cards/contract.ts'
import { type Client, createClient } from '../../src/client/index.ts'
import { eventually } from '../../test/services/eventually.ts'
import { createKey, type Owner } from '../../test/services/owner.ts'
import { NEWEST } from './content.ts'
import { fillBots } from './fill-bots.ts'
import { fillCards } from './fill-cards.ts'
import { type DemoFiles, fillFiles } from './fill-files.ts'
import { paintPictures, printPdf } from './pictures.ts'

const LEASE = [
  'Between the owner and those who live here.',
  'The flat has three rooms, a kitchen with a shelf, and a key that lies where you know.',
  'The meter in the cellar is read in November.',
]

export interface Demo {
  readonly botid: string
  readonly cardId: string
  readonly files: DemoFiles
}

export interface DemoPlace {
  readonly url: string
  readonly client: Client
  readonly owner: Owner
  readonly browser: Browser
}

/** Fills an empty server with what somebody might keep there, all of it through the API, and waits until it is processed. */
export const fillDemo = async ({ url, client, owner, browser }: DemoPlace): Promise<Demo> => {
  const pictures = await paintPictures(browser)
  const pdf = await printPdf(browser, 'Lease', LEASE)
  const now = Date.now()
  const [files, botid] = await Promise.all([fillFiles(client, pictures, pdf), fillBots(client)])
  await fillCards(client, pictures, pdf, now)
  // Last, so that what is newest is not only files.
  for (const content of NEWEST) await client.call(createCard, { body: { content, tags: ['today'] } })
  await fillAccount({ url, client, owner, browser })
  await eventually(async () => {
    const { items } = await client.call(listCards, { query: { include: 'processing,preview', limit: 100 } })
    if (items.some(({ preview }) => preview?.state === 'pending')) throw new Error('Cards are still being read.')
  })
  return { botid, cardId: `card_${'0'.repeat(22)}`, files }
}

const fillAccount = async ({ url, client, owner }: DemoPlace): Promise<void> => {
  for (const wish of [
    { kind: 'files', name: 'Nightly backup', scopes: ['files:write'], expires_at: inDays(5) },
    { kind: 'files', name: 'Photo frame', scopes: ['files:read'] },
    { kind: 'cards', name: 'Phone' },
  ])
    await createKey(url, owner, wish)
  await renameFirstKey(url, owner)
  const { id } = await client.call(createTeam, { body: { name: 'Flat on the hill' } })
  await client.call(createTeamInvite, { params: { id }, body: { role: 'editor' } })
}

const renameFirstKey = async (url: string, { cookie }: Owner): Promise<void> => {
  const session = createClient({ baseUrl: url, headers: { cookie } })
  const { keys } = await session.call(listKeys)
  const [first] = keys.toSorted((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at))
  if (first !== undefined) await session.call(updateKey, { params: { id: first.id }, body: { name: 'My own scripts' } })
}

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString()
