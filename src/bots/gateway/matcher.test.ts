import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { matchCommand } from './matcher.ts'
import { type Trigger, toTrigger } from './update.ts'

const USERNAME = 'My_Test_bot'
const SPECIAL = new Set(['*', '@', '~', '!', '.env'])
const commandsOf = (...names: string[]) => new Map(names.map((name) => [name, { name, code: '' }]))

const trigger = (text: string | null, type = 'message'): Trigger => ({
  updateId: 1,
  type,
  text,
  userId: 1,
  chatId: 1,
  message: null,
  call: null,
  chatType: 'private',
  joined: false,
  chat: null,
  from: null,
})
const match = (names: string[], text: string | null, type?: string) => {
  const found = matchCommand(commandsOf(...names), trigger(text, type), USERNAME)
  return found && [found.command.name, found.params]
}

describe('matching', () => {
  it('takes the whole text before its first word, and that before *', () => {
    assert.deepEqual(match(['/user info', '/user', '*'], '/user info'), ['/user info', null])
    assert.deepEqual(match(['/user info', '/user', '*'], '/user infos'), ['/user', 'infos'])
    assert.deepEqual(match(['/user info', '*'], '/user infos'), ['*', null])
  })

  it('takes a first word only where it begins with a slash', () => {
    assert.equal(match(['hello'], 'hello you'), undefined)
    assert.deepEqual(match(['hello', '*'], 'hello you'), ['*', null])
  })

  it('never runs a special command because somebody typed its name', () => {
    for (const name of SPECIAL) assert.deepEqual(match([...SPECIAL], name), ['*', null])
    assert.equal(match(['@', '~', '!', '.env'], '~'), undefined)
  })

  it('hands updates without a text to their handlers', () => {
    assert.deepEqual(match(['/handler_poll', '*'], null, 'poll'), ['/handler_poll', null])
    assert.deepEqual(match(['/handler_special_updates', '*'], null, 'poll'), ['/handler_special_updates', null])
    assert.equal(match(['*'], 'text of an edit', 'edited_message'), undefined)
    assert.deepEqual(match(['*'], null), ['*', null])
  })

  const word = fc.stringMatching(/^[a-zA-Z0-9_я🟢]{1,10}$/u)
  const names = fc.uniqueArray(
    fc.oneof(
      word,
      word.map((w) => `/${w}`),
      fc.constantFrom(...SPECIAL),
    ),
    { maxLength: 6 },
  )

  it('gives only commands that there are, and * only when nothing else fits', () => {
    fc.assert(
      fc.property(names, fc.string({ unit: 'grapheme', maxLength: 30 }), (all, text) => {
        const found = match(all, text)
        if (found === undefined) assert.ok(!all.includes('*'))
        else assert.ok(all.includes(String(found[0])))
        if (all.includes(text) && !SPECIAL.has(text)) assert.deepEqual(found, [text, null])
      }),
    )
  })

  it('gives every command its parameters to the letter, with or without the name of the bot, in any case', () => {
    const params = fc.stringMatching(/^[a-z@/ \n🟢]{0,20}$/u).map((text) => text.trim())
    fc.assert(
      fc.property(word, params, fc.constantFrom(' ', '\n', '\t', '  '), fc.boolean(), (name, rest, gap, spoken) => {
        const called = `/${name}${spoken ? `@${USERNAME.toUpperCase()}` : ''}`
        const found = match([`/${name}`, '*'], rest === '' ? called : called + gap + rest)
        assert.deepEqual(found, [`/${name}`, rest === '' ? null : rest])
      }),
    )
  })

  it('makes something of any update, or nothing, and never throws', () => {
    fc.assert(
      fc.property(fc.constantFrom('message', 'callback_query', 'poll', 'x'), fc.jsonValue(), (type, body) => {
        const made = toTrigger({ update_id: 1, [type]: body })
        if (made !== undefined) match(['*', '/a'], made.text, made.type)
      }),
    )
  })
})
