import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { botsSearch, placeOf, tabPath } from './address.ts'

describe('addresses of the bots pages', () => {
  it('name the list, the trash, a bot, and its tabs', () => {
    assert.deepEqual(placeOf(''), { kind: 'list' })
    assert.deepEqual(placeOf('trash'), { kind: 'trash' })
    assert.deepEqual(placeOf('bot_1/'), { kind: 'bot', botid: 'bot_1', tab: 'workshop' })
    assert.deepEqual(placeOf('bot_1/users'), { kind: 'bot', botid: 'bot_1', tab: 'users' })
  })

  it('name nothing where there is no such tab', () => {
    assert.deepEqual(placeOf('bot_1/flights'), { kind: 'nothing' })
    assert.deepEqual(placeOf('bot_1/users/5'), { kind: 'nothing' })
    assert.deepEqual(placeOf('trash/5'), { kind: 'nothing' })
  })

  it('lead back to where they came from', () => {
    assert.deepEqual(placeOf(tabPath('bot_1', 'errors')), { kind: 'bot', botid: 'bot_1', tab: 'errors' })
    assert.equal(tabPath('bot_1', 'workshop'), 'bot_1')
  })

  it('keep what they know of the rest, and nothing else', () => {
    const read = botsSearch({ command: '/start', line: 3, days: 'many', user: 42, other: 'x' })

    assert.deepEqual(read, { command: '/start', line: 3, user: '42' })
  })
})
