import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { simulatedBot } from '../v2.fixture.ts'
import { hostContext } from './context.fixture.ts'
import { declare, handle } from './declaration.ts'
import { hostDeclarations } from './declarations.ts'
import { hostRegistry } from './registry.ts'

describe('the registry of host calls', () => {
  const one = handle(
    declare({ name: 'Bot.one', parameters: {}, returns: 'int', about: 'One.', example: 'Bot.one()' }),
    async (_args, { command }) => command,
  )

  it('answers by name, with the context of the moment, and refuses what it does not know', async () => {
    const registry = hostRegistry([])
    registry.add([one])
    let command = '/a'
    const host = registry.hostFor((signal) => hostContext({ command, signal }))
    const { signal } = new AbortController()

    const first = await host('Bot.one', [], {}, signal)
    command = '/b'
    const second = await host('Bot.one', [], {}, signal)

    assert.deepEqual([first, second], ['/a', '/b'])
    await assert.rejects(host('Bot.two', [], {}, signal), { kind: 'PermissionError' })
    assert.throws(() => registry.add([one]), /two host calls have the name Bot.one/)
  })

  it('has no two declarations of a name', () => {
    const names = hostDeclarations.flatMap(({ name, aliases = [] }) => [name, ...aliases])

    assert.deepEqual(names, [...new Set(names)])
  })

  it('has a handler for every declared call in the running server', async () => {
    const ada = await (await testApp('sqlite')).account()
    // Past the facade, with an argument that none of them has: each must answer that, and not that it is unknown.
    const { say } = await simulatedBot(ada, {
      '/x': `
host_call = HTTP.get.__func__.__globals__['host_call']
for name in ${JSON.stringify(hostDeclarations.map(({ name }) => name))}:
    try:
        host_call(name, (), {'no_such_argument': 1})
    except PermissionError as e:
        print(name, e)
    except Exception:
        pass`,
    })

    const { run } = await say('/x')

    assert.equal(run?.error?.traceback ?? null, null)
    assert.deepEqual(run?.prints, [])
  })
})
