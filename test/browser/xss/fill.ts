import { importCards } from '../../../scripts/screenshots/fill-cards.ts'
import { createTeam } from '../../../src/accounts/teams/contract.ts'
import { createBot } from '../../../src/bots/bots/contract.ts'
import { createBroadcast } from '../../../src/bots/broadcasts/contract.ts'
import { createCommand } from '../../../src/bots/commands/contract.ts'
import { putBotData, putUserData } from '../../../src/bots/data/contract.ts'
import { sendMessage } from '../../../src/bots/simulator/contract.ts'
import { createTask } from '../../../src/bots/timers/contract.ts'
import { createCard } from '../../../src/cards/cards/contract.ts'
import { createSavedSearch } from '../../../src/cards/saved-searches/contract.ts'
import { putFileContent } from '../../../src/files/files/contract.ts'
import { createFolder } from '../../../src/files/folders/contract.ts'
import { requestFiles, shareFile, shareFolder } from '../../../src/files/shares/contract.ts'
import { trashFile } from '../../../src/files/trash/contract.ts'
import { createKey, postJson } from '../../services/owner.ts'
import type { Site } from '../page.ts'
import { HTML, MARKUP, SHORT, SVG } from './payload.ts'

const CARD = `card_${'7'.repeat(22)}`
const DONE = { status: 'completed' } as const

export interface Planted {
  /** Every page that shows something of it. */
  readonly paths: readonly string[]
  /** Pages for people without an account. */
  readonly publicPaths: readonly string[]
  /** Where uploaded documents lie. */
  readonly contents: readonly string[]
}

/** Puts the payloads wherever the API takes words. */
export const plant = async (site: Site): Promise<Planted> => {
  const [files, cards, botid] = [await plantFiles(site), await plantCards(site), await plantBot(site)]
  await plantAccount(site)
  const q = encodeURIComponent(SHORT)
  const tabs = ['', '/overview', '/users', '/data', '/broadcasts', '/tasks', '/errors', '/settings']
  return {
    paths: [
      '/',
      ...['/search', '/cards', '/files'].map((path) => `${path}?q=${q}`),
      ...files.paths,
      ...['/cards', `/cards?card=${CARD}`, '/cards/tags', '/cards/trash', '/cards/import'],
      ...cards.map((id) => `/cards?card=${id}`),
      '/bots',
      ...tabs.map((tab) => `/bots/${botid}${tab}`),
      `/bots/${botid}?command=${encodeURIComponent(`/${SHORT}`)}`,
      `/bots/${botid}/data?user=77`,
      ...[
        '/account',
        '/account/keys',
        '/account/access',
        '/account/teams',
        '/account/log',
        '/admin',
        '/admin/accounts',
      ],
      ...['/cards', '/bots', '/files', '/account'].map((path) => `${path}/${q}`),
    ],
    publicPaths: [
      ...files.links,
      `/join#t=${q}`,
      `/setup#t=${q}`,
      `/sign-in?to=${encodeURIComponent('javascript:__canary(12)')}`,
    ],
    contents: files.contents,
  }
}

const plantFiles = async ({ client }: Site) => {
  const { id: folder } = await client.call(createFolder, { body: { name: SHORT } })
  const put = async (name: string, content: string, folder_id?: string) =>
    (
      await client.call(putFileContent, {
        query: { name, ...(folder_id === undefined ? {} : { folder_id }) },
        body: new Uint8Array(Buffer.from(content)),
      })
    ).id
  const shown = [
    await put(`${SHORT}.html`, HTML),
    await put(`${SHORT}.svg`, SVG),
    await put(`${SHORT}.md`, `# ${MARKUP}`),
    await put(`${SHORT}.csv`, `${MARKUP},b\n1,"${MARKUP.replaceAll('"', '""')}"`),
    await put(`${SHORT}.xhtml`, `<html xmlns="http://www.w3.org/1999/xhtml">${SVG}</html>`),
    await put(`${SHORT}.js`, 'globalThis.__canary?.(13)'),
  ]
  await put(`${SHORT}.txt`, MARKUP, folder)
  const gone = await put(`${SHORT}.old`, MARKUP)
  await client.call(trashFile, { params: { id: gone } })
  const links = [
    (await client.call(shareFolder, { params: { id: folder }, body: { name: MARKUP.slice(0, 120) } })).url,
    (await client.call(requestFiles, { params: { id: folder }, body: { name: SHORT } })).url,
    (await client.call(shareFile, { params: { id: shown[0] ?? '' }, body: {} })).url,
  ]
  return {
    paths: ['/files', `/files/${folder}`, '/files/links', '/files/trash', ...shown.map((id) => `/files?open=${id}`)],
    links,
    contents: shown.map((id) => `/api/v1/files/${id}/content`),
  }
}

const plantCards = async ({ client }: Site): Promise<string[]> => {
  const tags = [SHORT, `x${SHORT}`]
  const found = { siteName: MARKUP, author: MARKUP, publisher: MARKUP, width: null, height: null, image: null }
  await importCards(client, [
    {
      id: CARD,
      type: 'link',
      content: MARKUP,
      url: `https://canary.example/?q=${encodeURIComponent(SHORT)}`,
      notes: MARKUP,
      tags,
      latchkey: {
        title: MARKUP,
        description: MARKUP,
        text: MARKUP,
        processing: { state: 'completed', stages: { metadata: DONE }, found },
      },
    },
    {
      id: `card_${'8'.repeat(22)}`,
      type: 'palette',
      content: '#123456, #654321',
      colors: [{ hex: '#123456', name: SHORT }],
    },
    { id: `card_${'9'.repeat(22)}`, type: 'text', content: MARKUP, latchkey: { deletedAt: Date.now() } },
  ])
  const made = await Promise.all(
    [
      { content: MARKUP, notes: MARKUP, tags },
      { content: `"${MARKUP}"`, cardType: 'quote' as const },
      { content: `> ${MARKUP}\n\n- [ ] ${MARKUP}` },
    ].map((body) => client.call(createCard, { body })),
  )
  await client.call(createSavedSearch, { body: { name: SHORT, query: SHORT } })
  return [`card_${'8'.repeat(22)}`, ...made.map(({ cardId }) => cardId)]
}

const quoted = (text: string): string => JSON.stringify(text)

const plantBot = async ({ client }: Site): Promise<string> => {
  const { botid } = (await client.call(createBot, { body: { simulated: true, bot_name: SHORT } })).result
  const params = { botid }
  const link = `<a href="javascript:__canary(14)">x</a> <a href="https://canary.example">y</a>`
  for (const [command, code] of [
    [`/${SHORT}`, `bot.sendMessage(${quoted(MARKUP)})`],
    ['/say', `bot.sendMessage(${quoted(MARKUP)})\nprint(${quoted(MARKUP)})`],
    ['/link', `bot.sendMessage(${quoted(link)}, parse_mode="HTML")`],
    [
      '/buttons',
      `b = InlineKeyboardMarkup()\nb.add(InlineKeyboardButton(${quoted(SHORT)}, callback_data="/say"))\nbot.sendMessage("x", reply_markup=b)`,
    ],
    ['/fail', `raise ValueError(${quoted(MARKUP)})`],
  ] as const)
    await client.call(createCommand, { params, body: { command, code, folder: SHORT } })
  const user = { id: 1_000_001, first_name: SHORT, username: 'canary' }
  for (const text of ['/say', '/link', '/buttons', '/fail', MARKUP])
    await client.call(sendMessage, { params, body: { text, user }, timeoutMs: 60_000 })
  await client.call(sendMessage, { params, body: { text: '/say', user: { ...user, id: 77 } } })
  await client.call(putBotData, { params: { ...params, '*': SHORT }, body: { value: MARKUP } })
  await client.call(putUserData, { params: { ...params, userid: '77', '*': SHORT }, body: { value: [MARKUP] } })
  await client.call(createTask, { params, body: { command: '/say', after_seconds: 9_000, params: MARKUP } })
  await client.call(createBroadcast, { params, body: { text: MARKUP } })
  return botid
}

const plantAccount = async ({ url, owner, client }: Site): Promise<void> => {
  await createKey(url, owner, { kind: 'files', name: SHORT })
  await client.call(createTeam, { body: { name: SHORT } })
  // Who signs in says what the browser is, and the pages show it.
  const { email, password } = owner
  await postJson(url, '/api/auth/sign-in', { email, password }, { 'user-agent': MARKUP })
}
