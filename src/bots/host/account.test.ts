import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { simulatedBot } from '../v2.fixture.ts'

describe('the account, for commands', async () => {
  const app = await testApp('sqlite')

  it('shows its bots, and lets commands be made, changed and deleted', async () => {
    const ada = await app.account()
    const { say, botid } = await simulatedBot(ada, {
      '/go': `
print([b.bot_name for b in Account.list_bots()['result']], Account.info().bots, Bot.info().bot_id == bot_id, Bot.status())
print(Account.create_command('/made', "print('one')")['result'])
print(Account.get_command('/made')['result'].code)
Account.edit_command('/made', "print('two')")
print(Account.list_commands()['result'])
try:
    Account.create_command('/made', '')
except HostError as e:
    print(e)
print(Bot.getBotUsersFile('csv').text().splitlines()[0])
for refused in (lambda: Bot.Transfer('x@example.org'), lambda: Account.revoke_api()):
    try:
        refused()
    except NotImplementedError as e:
        print(str(e)[:30])`,
      '/delete': "print(Account.delete_command('/made')['result'])",
    })

    const { run } = await say('/go')
    const made = await say('/made')
    const deleted = await say('/delete')
    const gone = await say('/made')

    assert.equal(run?.error?.traceback ?? null, null)
    assert.deepEqual(run?.prints, [
      "['Test bot'] 1 True working",
      'Command created successfully',
      "print('one')",
      "['/go', '/delete', '/made']",
      'Command already exists',
      'user_id,username,first_name,last_name,language_code',
      'Bot.Transfer is not available ',
      'Account.revoke_api is not avai',
    ])
    assert.deepEqual(made.run?.prints, ['two'])
    assert.deepEqual(deleted.run?.prints, ['Command deleted successfully'])
    assert.equal(gone.run ?? null, null)
    assert.ok(botid)
  })

  it('is closed to the bots of others', async () => {
    const [ada, bob] = [await app.account(), await app.account()]
    const hers = await simulatedBot(ada, { '/x': '' })
    const his = await simulatedBot(bob, {
      '/x': `
for attempt in (lambda id: Bot.stop(id), lambda id: Bot.getData('x', bot_id=id), lambda id: Account.list_commands(id), lambda id: Account.delete_bot(id)):
    for id in ('${hers.botid}', '99999999'):
        try:
            attempt(id)
        except LookupError as e:
            print(e)`,
    })

    const { run } = await his.say('/x')

    assert.equal(run?.error?.traceback ?? null, null)
    assert.deepEqual([...new Set(run?.prints)], ['Bot not found or not owned by you'])
    assert.equal(run?.prints.length, 8)
  })
})
