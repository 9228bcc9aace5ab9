import assert from 'node:assert/strict'
import { it } from 'node:test'
import { menuPoint } from './menu-point.ts'

const list = { left: 300, top: 200, bottom: 800 }
const rowAt = (top: number) => ({ left: 300, top, bottom: top + 44 })

it('a menu that keys open begins at the end of its row', () => {
  assert.deepEqual(menuPoint(rowAt(400), list), { x: 348, y: 436 })
})

it('a menu that keys open begins within the list when its row is out of sight, or is not there', () => {
  assert.deepEqual(menuPoint(rowAt(-9000), list), { x: 348, y: 200 })
  assert.deepEqual(menuPoint(rowAt(9000), list), { x: 348, y: 792 })
  assert.deepEqual(menuPoint(undefined, list), { x: 348, y: 200 })
})
