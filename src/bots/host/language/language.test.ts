import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { testApp } from '../../../../test/app.ts'
import { TOY_GLOBALS, toyHost } from '../../sandbox/fixtures/toy-host.ts'
import { testEngine } from '../../sandbox/testing.ts'
import { v2 } from '../../v2.fixture.ts'
import { hostDeclarations } from '../declarations.ts'
import { botLanguage } from './language.ts'

describe('the reference of the language', () => {
  const language = botLanguage()
  const engine = testEngine({ maxWorkers: 1 })
  before(() => engine.ready())
  after(() => engine.close())

  const printed = async (code: string): Promise<string> => {
    const { prints, error } = await engine.run(
      { botId: 'bot', command: '/x', code, globals: TOY_GLOBALS },
      toyHost().host,
    )
    assert.equal(error?.traceback ?? null, null)
    return prints
  }

  it('names what commands really find', async () => {
    const names = [
      ...language.functions.flatMap(({ name, aliases }) => [name, ...aliases]),
      ...language.globals.map(({ name }) => name),
      ...language.errors.map(({ name }) => name),
      ...language.types.map((name) => `types.${name}`),
    ]

    const prints = await printed(
      names.map((name) => `assert ${name} is ${name} or ${name} is not None, '${name}'`).join('\n'),
    )

    assert.equal(prints, '')
  })

  it('lists what can be imported', async () => {
    const tries = language.modules
      .filter((name) => name !== '__future__')
      .map((name) => `try: import ${name}\nexcept ImportError: print('${name}')`)

    assert.equal(await printed(tries.join('\n')), '')
  })

  it('has examples that are Python', async () => {
    for (const { name, example } of language.functions) {
      const { error } = await engine.run(
        { botId: 'bot', command: '/x', code: `def example():\n${example.replace(/^/gm, '    ')}`, globals: {} },
        toyHost().host,
      )

      assert.equal(error?.traceback ?? null, null, name)
    }
  })

  it('has one sentence on every call that commands see', () => {
    for (const { name, facade, about, example } of hostDeclarations) {
      if (facade === 'internal') continue
      assert.match(about, /^[A-Z].*\.$|: \{[^}]*\}\.$/, name)
      assert.notEqual(example, '', name)
    }
  })

  it('knows the methods of Telegram with their arguments', () => {
    const { methods } = language

    assert.ok(methods.length > 80)
    assert.deepEqual(
      methods.find(({ name }) => name === 'copyMessage'),
      {
        name: 'copyMessage',
        snake_case: 'copy_message',
        chat: 'first',
        required: ['from_chat_id', 'message_id'],
        optional: ['caption', 'parse_mode'],
      },
    )
  })

  it('is given to programs', async () => {
    const ada = await (await testApp('sqlite')).account()

    const { status, body } = await v2(ada, 'GET', '/v2/language')

    assert.equal(status, 200)
    assert.deepEqual(body, { ok: true, result: JSON.parse(JSON.stringify(language)) })
  })
})
