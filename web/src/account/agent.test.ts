import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { agentName } from './agent.ts'

describe('the name of a program', () => {
  it('is what a person calls it', () => {
    const chrome =
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'

    assert.equal(agentName(chrome), 'Chrome, Windows')
    assert.equal(agentName(`${chrome} Edg/140.0`), 'Edge, Windows')
    assert.equal(
      agentName('Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile/15E148 Safari/604.1'),
      'Safari, iOS',
    )
    assert.equal(agentName('curl/8.5.0'), 'curl')
    assert.equal(agentName(''), undefined)
  })
})
