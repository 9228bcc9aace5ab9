import type { CardDraft } from '../../src/cards/cards/service.ts'

/** What a card is to a query: 3 for what is sought, 0 for what only looks like it. */
export interface HardQuery {
  readonly query: string
  readonly cards: readonly (readonly [grade: 0 | 1 | 2 | 3, draft: CardDraft, daysAgo?: number])[]
}

const note = (content: string, more: CardDraft = {}): CardDraft => ({ cardType: 'text', content, ...more })

/** Misspelt, spread over fields, ambiguous, half typed, or with filters: what people type who do not remember the words. */
export const HARD_QUERIES: readonly HardQuery[] = [
  // Misspelt, once and twice, at the beginning and at the end.
  {
    query: 'buttrscotch puding',
    cards: [
      [3, note('Butterscotch pudding without eggs')],
      [2, note('Grandmother made a butterscotch pudding on Sundays, and nobody left any of it.')],
      [0, note('Rice pudding with cinnamon')],
    ],
  },
  {
    query: 'accomodation edinburg',
    cards: [
      [3, note('Accommodation in Edinburgh for August')],
      [2, note('The festival: book the accommodation early.', { tags: ['edinburgh'] })],
      [0, note('Accommodation of the eye in old age')],
    ],
  },
  {
    query: 'rhytm section',
    cards: [
      [3, note('The rhythm section of the quartet')],
      [0, note('Section four of the rules')],
    ],
  },
  {
    query: 'kyeboard layout',
    cards: [
      [3, note('A keyboard layout for three languages')],
      [2, note('Layouts', { notes: 'the layout of my keyboard is Colemak' })],
      [0, note('Layout of the garden')],
    ],
  },
  // Spread over fields.
  {
    query: 'anniversary florence hotel',
    cards: [
      [3, { url: 'https://hotel.example/florence', notes: 'for our anniversary' }],
      [3, note('Hotel near the river', { tags: ['Florence'], notes: 'Anniversary in May' })],
      [0, note('Anniversary of the company, a hotel in Berlin')],
    ],
  },
  {
    query: 'github parser rust',
    cards: [
      [3, { url: 'https://github.example/someone/parser', tags: ['rust'] }],
      [2, note('A parser in Rust', { notes: 'see github, in the second repository' })],
      [0, note('Rust on the bicycle')],
    ],
  },
  {
    query: 'marta contract draft',
    cards: [
      [3, note('Contract, second draft', { notes: 'from Marta', tags: ['work'] })],
      [1, note('Ask Marta about lunch. Later: the draft of the poster, and somebody has to sign the contract.')],
      [0, note('Contract draft of Jonas')],
    ],
  },
  // Words of several meanings: the other word decides.
  {
    query: 'java island',
    cards: [
      [3, note('Java, the island: two weeks by train')],
      [0, note('Java streams and lambdas')],
      [0, note('Java coffee, dark')],
    ],
  },
  {
    query: 'mercury orbit',
    cards: [
      [3, note('The orbit of Mercury moves')],
      [1, note('A long article about telescopes that mentions Mercury, and much further down an orbit.')],
      [0, note('Mercury in fish')],
    ],
  },
  {
    query: 'apple pie -computer',
    cards: [
      [3, note('Apple pie with a lattice')],
      [0, note('Apple computer, and a pie chart of its sales')],
    ],
  },
  {
    query: '"spring annotation"',
    cards: [
      [3, note('Every Spring annotation explained')],
      [0, note('An annotation about flowers in spring')],
    ],
  },
  {
    query: 'bank (river OR flood)',
    cards: [
      [3, note('The bank of the river is steep')],
      [3, note('After the flood the bank was gone')],
      [0, note('The bank raised its fees')],
    ],
  },
  // Half typed, joined and cut in other ways than the card.
  {
    query: 'node.js back',
    cards: [
      [3, note('Node.js and backpressure')],
      [0, note('Back from the mountain')],
    ],
  },
  {
    query: 'read-only replica',
    cards: [
      [3, note('A read only replica for the reports')],
      [3, note('Read-only replica behind the proxy')],
      [0, note('Replica of a vase, only to look at')],
    ],
  },
  {
    query: 'philosophie der fre',
    cards: [
      [3, note('Philosophie der Freiheit, Notizen')],
      [0, note('Freie Plätze im Seminar der Philosophie')],
    ],
  },
  {
    query: 'wi-fi repeater',
    cards: [
      [3, note('WiFi repeater in the attic')],
      [3, note('A Wi-Fi repeater for the shed')],
      [0, note('A repeater of old jokes')],
    ],
  },
  {
    query: 'e-mail signature',
    cards: [
      [3, note('Email signature of the firm')],
      [3, note('E-mail signature, with the new address')],
      [0, note('The signature on the lease')],
    ],
  },
  // Other forms of the words, and a misspelling that a card shares.
  {
    query: 'recipes dumpling',
    cards: [
      [3, note('Recipe for dumplings')],
      [0, note('Dumpling house, closed on Mondays')],
    ],
  },
  {
    query: 'cofee roaster',
    cards: [
      [3, note('The coffee roaster in the old factory')],
      [1, note('Ask the roaster about cofee')],
      [0, note('A roaster for chestnuts')],
    ],
  },
  // Days.
  {
    query: 'budget on:2024',
    cards: [
      [3, note('Budget of the club'), 760],
      [0, note('Budget of the club, again')],
      [0, note('Budget for the move'), 1100],
    ],
  },
  {
    query: 'minutes last month',
    cards: [
      [3, note('Minutes of the board, with the vote'), 32],
      [0, note('Minutes of the board, older'), 200],
      [0, note('Ten minutes a day')],
    ],
  },
  {
    query: 'before:2025-01-01 sketch',
    cards: [
      [3, note('Sketch of the boat'), 900],
      [0, note('Sketch of the harbour')],
    ],
  },
  // Colours.
  {
    query: 'color:teal logo',
    cards: [
      [3, { cardType: 'palette', content: '#007f80, #f4f1de', notes: 'logo' }],
      [0, { cardType: 'palette', content: '#e63946, #f1faee', notes: 'logo' }],
      [0, note('The logo is teal, says the brief')],
    ],
  },
  {
    query: 'color:#ff8800',
    cards: [
      [3, { cardType: 'palette', content: '#fe8701, #222222' }],
      [0, { cardType: 'palette', content: '#0088ff, #222222' }],
    ],
  },
  // Types and tags.
  {
    query: 'type:link tag:later compiler',
    cards: [
      [3, { url: 'https://example.org/compiler', tags: ['Later'] }],
      [0, note('Compiler flags', { tags: ['later'] })],
      [0, { url: 'https://example.org/compiler-2' }],
    ],
  },
  // One of many that say it once or twice.
  {
    query: 'warranty dishwasher',
    cards: [
      [3, note('Dishwasher: warranty until 2028')],
      ...Array.from(
        { length: 8 },
        (_, n) =>
          [
            1,
            note(
              `Week ${n}: the dishwasher broke again, and the shop said that the warranty covers the pump and not the hose, so we called twice.`,
            ),
          ] as const,
      ),
      [0, note('Warranty of the drill')],
    ],
  },
]
