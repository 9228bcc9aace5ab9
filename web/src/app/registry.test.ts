import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Action, actionRegistry, findActions } from './registry.ts'

const action = (id: string, more: Partial<Action> = {}): Action => ({ id, name: id, run: () => {}, ...more })

describe('the registry of actions', () => {
  it('lets the part that came later have the key, until it goes', () => {
    const registry = actionRegistry()
    const [shell, page] = [{}, {}]
    registry.put(shell, [action('search', { keys: '/' })])
    registry.put(page, [action('files.search', { keys: '/' })])

    assert.equal(registry.byKeys('/')?.id, 'files.search')
    registry.remove(page)
    assert.equal(registry.byKeys('/')?.id, 'search')
  })

  it('lets a page have the key that the frame around it has, whichever came first', () => {
    const registry = actionRegistry()
    registry.put({}, [action('files.search', { keys: '/' })])
    registry.put({}, [action('search', { keys: '/' })], true)

    assert.equal(registry.byKeys('/')?.id, 'files.search')
  })

  it('runs the newest function and tells nobody when nothing shown has changed', () => {
    const registry = actionRegistry()
    const [page, done] = [{}, [] as string[]]
    let told = 0
    registry.subscribe(() => {
      told += 1
    })
    registry.put(page, [action('save', { run: () => done.push('old') })])
    registry.put(page, [action('save', { run: () => done.push('new') })])

    registry.run('save')

    assert.deepEqual([done, told], [['new'], 1])
  })

  it('leaves out what is disabled', () => {
    const registry = actionRegistry()
    registry.put({}, [action('move', { keys: 'm', isDisabled: true })])

    assert.equal(registry.byKeys('m'), undefined)
    assert.equal(registry.run('move'), false)
  })
})

describe('finding actions', () => {
  it('puts the beginning of a word before its middle', () => {
    const found = findActions([action('a', { name: 'Renew key' }), action('b', { name: 'New folder' })], 'new')

    assert.deepEqual(
      found.map(({ id }) => id),
      ['b', 'a'],
    )
  })

  it('needs every word, in any order, also among the other words', () => {
    const dark = action('dark', { name: 'Dark theme', words: 'appearance night' })

    assert.equal(findActions([dark], 'theme night').length, 1)
    assert.equal(findActions([dark], 'theme light').length, 0)
  })
})
