import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Json } from '../sandbox/index.ts'
import { hostContext } from './context.fixture.ts'
import { declare, handle } from './declaration.ts'
import { bool, defaulting, int, json, optional, text, user } from './parameters.ts'

const declaration = declare({
  name: 'Bot.remind',
  parameters: {
    text: text('What to say.'),
    seconds: int('How long to wait.'),
    options: optional(json('Handed on.')),
    loud: defaulting(bool('With a sound.'), false),
    user: optional(user('Whom.')),
  },
  returns: 'dict',
  about: 'Says something later.',
  example: 'Bot.remind("tea", 180)',
})

describe('a host call', () => {
  const { run } = handle(declaration, async (args) => ({ ...args, more: null }) as Json)
  const call = (args: Json[], kwargs: { [name: string]: Json } = {}) => run(args, kwargs, hostContext())

  it('gets its arguments by position, by name, and from their defaults', async () => {
    const result = await call(['tea', '180'], { user: '42' })

    assert.deepEqual(result, { text: 'tea', seconds: 180, options: null, loud: false, user: 42, more: null })
  })

  for (const [args, kwargs, words] of [
    [['tea'], {}, "remind() needs 'seconds'"],
    [['tea', 1, null, true, 1, 1], {}, 'remind() takes at most 5 arguments, 6 were given'],
    [['tea', 1], { seconds: 2 }, "remind() got several values for 'seconds'"],
    [['tea', 1], { toString: 2 }, "remind() has no argument 'toString'"],
    [['tea', 'soon'], {}, 'remind(): \'seconds\' must be a whole number, not "soon"'],
    [[['tea'], 1], {}, 'remind(): \'text\' must be text, not ["tea"]'],
    [['tea', 1], { user: 'ada' }, "remind(): 'user' must be a user's number, not \"ada\""],
  ] as const) {
    it(`refuses with: ${words}`, async () => {
      await assert.rejects(call([...args] as Json[], { ...kwargs }), { kind: 'TypeError', message: words })
    })
  }
})
