import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BotCommand } from '../queries.ts'
import { commandsWith, groupsOf } from './groups.ts'

const command = (name: string, part: Partial<BotCommand> = {}): BotCommand => ({
  _id: name,
  command: name,
  code: '',
  pinned: false,
  is_pinned: false,
  admin_only: false,
  folder: null,
  aliases: [],
  version: 1,
  created_at: '',
  updated_at: '',
  ...part,
})

describe('the list of commands', () => {
  it('shows each once: pinned, loose, then by folder', () => {
    const all = [
      command('/b'),
      command('/a'),
      command('/shop', { folder: 'Shop' }),
      command('/help', { folder: 'About', pinned: true }),
      command('/us', { folder: 'About' }),
    ]

    const shown = groupsOf(all).map(({ kind, name, commands }) => [kind, name, ...commands.map((each) => each.command)])

    assert.deepEqual(shown, [
      ['pinned', '', '/help'],
      ['loose', '', '/a', '/b'],
      ['folder', 'About', '/us'],
      ['folder', 'Shop', '/shop'],
    ])
  })

  it('is looked through by name, other names, and code', () => {
    const all = [
      command('/a', { code: 'price = 5' }),
      command('/price'),
      command('/c', { aliases: ['Prices'] }),
      command('/d'),
    ]

    const found = commandsWith(all, ' PRICE ').map((each) => each.command)

    assert.deepEqual(found, ['/a', '/price', '/c'])
  })
})
