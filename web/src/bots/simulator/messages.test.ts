import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { replyKeyboard, toShown } from './messages.ts'

const MESSAGE = { message_id: 5, date: 1, from: { id: 9, first_name: 'Ada', is_bot: false }, chat: { id: 9 } }

describe('a message in the simulator', () => {
  it('is shown with its text, its buttons and whom it is from', () => {
    const shown = toShown({
      ...MESSAGE,
      text: 'Pick one',
      entities: [{ type: 'bold', offset: 0, length: 4 }],
      edit_date: 2,
      reply_markup: {
        inline_keyboard: [
          [
            { text: 'A', callback_data: 'a' },
            { text: 'B', url: 'javascript:x' },
            { text: 'C', url: 'https://c' },
          ],
        ],
      },
    })

    assert.deepEqual([shown.id, shown.from, shown.text, shown.isEdited], [5, 'Ada', 'Pick one', true])
    assert.deepEqual(shown.buttons, [[{ text: 'A', data: 'a' }, { text: 'B' }, { text: 'C', url: 'https://c' }]])
    assert.deepEqual(shown.entities, [{ type: 'bold', offset: 0, length: 4 }])
  })

  it('names what is sent along', () => {
    const shown = toShown({ ...MESSAGE, caption: 'Look', document: { file_name: 'a.pdf' } })

    assert.deepEqual([shown.text, shown.attachment], ['Look', { kind: 'document', name: 'a.pdf' }])
  })

  it('is shown whatever it is made of', () => {
    const shown = toShown({ from: 'nobody', text: 7, reply_markup: [], entities: {} })

    assert.deepEqual([shown.id, shown.text, shown.buttons.length], [0, '', 0])
  })
})

describe('the keyboard of a chat', () => {
  const keyboard = { ...MESSAGE, reply_markup: { keyboard: [['Yes', { text: 'My number', request_contact: true }]] } }

  it('is the last one that a bot has sent', () => {
    assert.deepEqual(replyKeyboard([keyboard, MESSAGE]), [[{ text: 'Yes' }, { text: 'My number', asks: 'contact' }]])
  })

  it('is gone once the bot has taken it away', () => {
    assert.deepEqual(replyKeyboard([keyboard, { ...MESSAGE, reply_markup: { remove_keyboard: true } }]), [])
  })
})
