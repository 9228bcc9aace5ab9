import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { commandTyped, nameAt, wordsFitting, wordsOf } from './words.ts'

const WORDS = wordsOf({
  python: '3.14',
  globals: [{ name: 'message', type: 'Bunch', about: 'What came.' }],
  functions: [
    {
      name: 'Bot.saveData',
      aliases: ['Bot.save_data'],
      signature: 'Bot.saveData(name, value) -> None',
      parameters: [],
      more: null,
      returns: 'None',
      about: 'Keeps a value.',
      example: 'Bot.saveData("n", 1)',
      notes: null,
    },
    {
      name: 'libs.Random.randomInt',
      aliases: [],
      signature: 'libs.Random.randomInt(min=0, max=100) -> int',
      parameters: [],
      more: null,
      returns: 'int',
      about: '',
      example: '',
      notes: null,
    },
  ],
  methods: [{ name: 'sendMessage', snake_case: 'send_message', chat: 'optional', required: ['text'], optional: [] }],
  types: ['InlineKeyboardButton'],
  modules: ['json'],
  errors: [],
  special_commands: [],
  limits: [],
})

const fitting = (before: string): string[] => wordsFitting(WORDS, before).words.map(({ name }) => name)

describe('words for the editor', () => {
  it('are offered level by level', () => {
    assert.ok(fitting('x = li').includes('libs'))
    assert.deepEqual(fitting('libs.'), ['Random'])
    assert.deepEqual(fitting('n = libs.Random.ra'), ['randomInt'])
    assert.equal(wordsFitting(WORDS, 'n = libs.Random.ra').typed, 2)
  })

  it('of bot are those of Bot and of Telegram, in both spellings', () => {
    assert.deepEqual(fitting('bot.').sort(), ['saveData', 'save_data', 'sendMessage', 'send_message'])
  })

  it('show aliases under their own name', () => {
    const alias = WORDS.find(({ name }) => name === 'Bot.save_data')

    assert.equal(alias?.detail, 'Bot.save_data(name, value) -> None')
  })
})

describe('what stands at the cursor', () => {
  it('is the beginning of a command where one is expected', () => {
    assert.equal(commandTyped('Bot.runCommand("/me'), '/me')
    assert.equal(commandTyped('Bot.runCommandAfter(60, "'), '')
    assert.equal(commandTyped('bot.sendMessage("/me'), undefined)
  })

  it('is a name up to the part that is pointed at', () => {
    assert.equal(nameAt('x = libs.Random.randomInt(1)', 18), 'libs.Random.randomInt')
    assert.equal(nameAt('x = libs.Random.randomInt(1)', 6), 'libs')
    assert.equal(nameAt('1 + 2', 0), undefined)
  })
})
