/** What the people of the demo keep: invented, and nothing of it about anybody. */

const DAY_MS = 86_400_000

export const CAFE_START = `name = message.from_user.first_name
visits = libs.Resources.userRes("visits", user=u)
visits.add(1)

menu = ReplyKeyboardMarkup(resize_keyboard=True)
menu.row("Menu", "Hours")
menu.row("Order a cake")

bot.sendMessage(
    f"Hello {name}, this is <b>The Corner</b>.\\nFresh bread from 7, cake from 10.",
    reply_markup=menu,
    parse_mode="HTML",
)`

export const CAFE_MENU = `# What is on the counter today, one button each.
counter = Bot.getData("counter") or {"Lemon cake": 3.8, "Rye bread": 5.2, "Cardamom bun": 2.9}

buttons = InlineKeyboardMarkup()
for name, price in counter.items():
    buttons.add(InlineKeyboardButton(f"{name}  {price:.2f}", callback_data=f"/order {name}"))

bot.sendMessage("Today on the counter:", reply_markup=buttons)`

export const CAFE_ORDER = `what = params or "Lemon cake"
bot.sendMessage(f"{what}: how many?")
Bot.handleNextCommand("/ordered", options={"what": what})`

export const CAFE_ORDERED = `count = int(msg)
order = {"what": options.what, "count": count, "for": message.from_user.first_name}
orders = Bot.getData("orders") or []
Bot.saveData("orders", orders + [order])
User.saveData("last order", order)
bot.sendMessage(f"{count} x {options.what}, ready at ten tomorrow.")`

export interface DemoCommand {
  readonly command: string
  readonly code: string
  readonly folder?: string
  readonly pinned?: boolean
  readonly aliases?: string[]
}

export const CAFE: readonly DemoCommand[] = [
  { command: '/start', code: CAFE_START, pinned: true },
  { command: '/menu', code: CAFE_MENU, pinned: true, aliases: ['Menu'] },
  { command: '/hours', code: 'bot.sendMessage("Tuesday to Sunday, 7 to 18.")', aliases: ['Hours'] },
  { command: '/order', code: CAFE_ORDER, folder: 'Orders', aliases: ['Order a cake'] },
  { command: '/ordered', code: CAFE_ORDERED, folder: 'Orders' },
  { command: '/paid', code: 'bot.sendMessage(f"Paid: {options.json[\'amount\']}")', folder: 'Orders' },
  { command: '/ready', code: 'bot.sendMessage("Your order is ready.")', folder: 'Orders' },
  { command: '/stock', code: 'counter = Bot.getData("stock")\nbot.sendMessage(f"{counter[\'rye\']} loaves left")' },
  { command: '*', code: 'bot.sendMessage("I only know about bread and cake. Try /menu.")' },
  { command: '.env', code: 'SHOP = "The Corner"\nOPENS = 7' },
]

/** Who writes to the bot, and what. */
export const CHATS: readonly { readonly id: number; readonly name: string; readonly texts: readonly string[] }[] = [
  { id: 301, name: 'Ines', texts: ['/start', 'Menu', '/order Lemon cake', '2'] },
  { id: 302, name: 'Tomas', texts: ['/start', 'Hours', '/stock', 'Order a cake', '1'] },
  { id: 303, name: 'Mira', texts: ['/start', 'do you have oat milk?', 'Menu'] },
  { id: 304, name: 'Jonas', texts: ['/start', '/stock', '/order Rye bread', '3'] },
  { id: 305, name: 'Olena', texts: ['/start', 'Hours'] },
  { id: 1_000_001, name: 'Ada', texts: ['/start', 'Menu', '/order Lemon cake', '2'] },
]

export const NOTES = `# Kitchen shelf

Oak, 24 mm, oiled. Three boards of 90 x 22 cm.

- [x] measure again, the wall is not straight
- [ ] order brackets
- [ ] sand to 240
`

export const EXPENSES = `date,what,who,amount
2026-09-03,Timber,Ada,148.20
2026-09-04,Brackets,Tomas,36.00
2026-09-11,Oil and brushes,Ada,27.45
2026-09-19,Lamps,Mira,89.90
2026-09-26,Paint,Tomas,61.15
`

export const BACKUP_SCRIPT = `#!/bin/sh
# Every night: what is on the shelf goes to the server.
set -eu
tar -c ~/documents | curl -fsS -H "X-API-Key: $LATCHKEY_API_KEY" -T - \\
  "$LATCHKEY_SERVER/api/v1/files/content?name=documents-$(date +%F).tar"
`

export interface DemoCard {
  readonly type: 'text' | 'quote' | 'link' | 'palette' | 'image' | 'document'
  readonly content?: string
  readonly url?: string
  readonly title?: string
  readonly description?: string
  readonly site?: string
  readonly notes?: string
  readonly tags?: readonly string[]
  readonly isFavorited?: boolean
  readonly colors?: readonly (readonly [hex: string, name: string])[]
  /** Which of the pictures it shows. */
  readonly picture?: string
  readonly fileName?: string
  /** How long ago. */
  readonly daysAgo: number
  readonly isDeleted?: boolean
}

export const momentOf = (card: DemoCard, now: number): number => now - card.daysAgo * DAY_MS - 3_600_000

export const DEMO_CARDS: readonly DemoCard[] = [
  {
    type: 'link',
    url: 'https://walkers.example/coast-path',
    title: 'Nine days on the coast path, with a map of every spring',
    description: 'Where to sleep, where the path has slid into the sea, and which cafés open before eight.',
    site: 'walkers.example',
    tags: ['walking', 'summer'],
    picture: 'coast',
    isFavorited: true,
    daysAgo: 0,
  },
  {
    type: 'quote',
    content:
      '“We shape our tools, and afterwards we spend years looking for the other half of them.” — from the workshop wall',
    tags: ['workshop'],
    daysAgo: 0.1,
  },
  {
    type: 'palette',
    content: '#264653, #2a9d8f, #e9c46a, #f4a261, #e76f51',
    notes: 'For the kitchen tiles',
    tags: ['kitchen'],
    colors: [
      ['#264653', 'Deep harbour'],
      ['#2a9d8f', 'Verdigris'],
      ['#e9c46a', 'Straw'],
      ['#f4a261', 'Apricot'],
      ['#e76f51', 'Brick'],
    ],
    daysAgo: 0.3,
  },
  {
    type: 'image',
    content: 'Rooftops from the castle, early',
    fileName: 'rooftops.jpg',
    tags: ['lisbon', 'photo'],
    picture: 'town',
    isFavorited: true,
    daysAgo: 1,
  },
  {
    type: 'text',
    content:
      'Rye bread, the version that works\n\n500 g whole rye, 420 g water at 40 degrees, 120 g starter, 11 g salt. Mix, do not knead. 4 hours in the tin, then 20 minutes at 240 and 40 at 190. Wait until the next day.',
    tags: ['recipes', 'bread'],
    daysAgo: 1.2,
  },
  {
    type: 'link',
    url: 'https://gardening.example/winter-list',
    title: 'What to sow in November under glass',
    description: 'A short list for an unheated greenhouse: broad beans, spinach, lamb’s lettuce and patience.',
    site: 'gardening.example',
    tags: ['garden'],
    picture: 'herbarium',
    daysAgo: 2,
  },
  {
    type: 'text',
    content: 'Books to give: the one about eels for Tomas, the atlas of lost cities for Mira.',
    tags: ['gifts', 'books'],
    daysAgo: 2.4,
  },
  {
    type: 'image',
    content: 'Evening above the second lake',
    fileName: 'second-lake.jpg',
    tags: ['walking', 'photo'],
    picture: 'dusk',
    daysAgo: 3,
  },
  {
    type: 'link',
    url: 'https://typography.example/reading-sizes',
    title: 'How large should text be?',
    description: 'Measurements with 240 readers on paper and on three kinds of screens.',
    site: 'typography.example',
    tags: ['design', 'reading'],
    picture: 'poster',
    daysAgo: 4,
  },
  {
    type: 'quote',
    content: '“Hunger is the best sauce in the world.” — Cervantes',
    tags: ['kitchen'],
    isFavorited: true,
    daysAgo: 4.5,
  },
  {
    type: 'document',
    content: 'The lease, signed',
    fileName: 'lease-2026.pdf',
    tags: ['flat', 'papers'],
    daysAgo: 5,
  },
  {
    type: 'text',
    content: 'Wi-Fi at the workshop: ask for the router’s back side. The printer needs a cable, always did.',
    tags: ['workshop'],
    daysAgo: 6,
  },
  {
    type: 'image',
    content: 'Map scan, north sheet',
    fileName: 'north-sheet.jpg',
    tags: ['walking', 'maps'],
    picture: 'map',
    daysAgo: 7,
  },
  {
    type: 'link',
    url: 'https://ceramics.example/glazes',
    title: 'Four glazes from ash',
    description: 'Beech, apple, straw and reed, each fired at 1240 degrees, with recipes by weight.',
    site: 'ceramics.example',
    tags: ['workshop', 'ceramics'],
    picture: 'bowls',
    daysAgo: 9,
  },
  {
    type: 'text',
    content:
      'Idea: a bot that counts what is left on the shelf and says so at five in the morning, before the oven is on.',
    tags: ['ideas', 'bots'],
    daysAgo: 11,
  },
  {
    type: 'palette',
    content: '#0b3954, #087e8b, #bfd7ea, #ff5a5f, #c81d25',
    tags: ['design'],
    colors: [
      ['#0b3954', 'Prussian blue'],
      ['#087e8b', 'Lagoon'],
      ['#bfd7ea', 'Morning mist'],
      ['#ff5a5f', 'Coral'],
      ['#c81d25', 'Poppy'],
    ],
    daysAgo: 12,
  },
  {
    type: 'image',
    content: 'Herbarium, page 12',
    fileName: 'herbarium-12.jpg',
    tags: ['garden', 'photo'],
    picture: 'herbarium2',
    daysAgo: 14,
  },
  {
    type: 'link',
    url: 'https://night-trains.example/2027',
    title: 'Night trains of 2027, on one page',
    description: 'Which lines come back, what a berth costs, and how to take a bicycle along.',
    site: 'night-trains.example',
    tags: ['travel', 'summer'],
    picture: 'night',
    daysAgo: 16,
  },
  {
    type: 'text',
    content: 'Questions for the landlord: the meter in the cellar, the second key, who sweeps the stairs.',
    tags: ['flat'],
    daysAgo: 20,
  },
  {
    type: 'text',
    content: 'Old shopping list: flour, yeast, poppy seed',
    tags: ['kitchen'],
    daysAgo: 22,
    isDeleted: true,
  },
  { type: 'text', content: 'Draft of a letter that was never sent', daysAgo: 25, isDeleted: true },
]

/** Cards that were written just now. */
export const NEWEST: readonly string[] = [
  'Ask Olena whether the oven may run on Sunday.',
  '"Bread is patience with salt in it." - Mira',
  'Tram 28 stops running at eleven; the way down on foot takes twenty minutes.',
]
