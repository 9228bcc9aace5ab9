import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pythonLanguage } from '@codemirror/lang-python'
import { unclosedHtml } from './html-balance.ts'
import { type LintFacts, lint } from './lint.ts'

const FACTS: LintFacts = {
  commands: new Set(['/start', '/menu', 'Help me']),
  modules: new Set(['json', 'urllib.parse', 'urllib']),
  parseMode: null,
}

const problemsOf = (code: string, facts: Partial<LintFacts> = {}): string[] =>
  lint(code, pythonLanguage.parser.parse(code), { ...FACTS, ...facts }).map(
    ({ kind, from, to }) => `${kind} ${code.slice(from, to)}`,
  )

describe('the check of a command', () => {
  it('finds nothing in a command that is right', () => {
    const code =
      'import json\n\ndef twice(n):\n    return n * 2\n\nbot.sendMessage(str(twice(2)))\nrunCommand("/menu")\n'

    assert.deepEqual(problemsOf(code), [])
  })

  it('finds a return outside of functions', () => {
    assert.deepEqual(problemsOf('if not params:\n    return\n'), ['return return'])
  })

  it('finds imports of what is not there, wherever they stand', () => {
    const code = 'import os, json\nfrom subprocess import run\nfrom urllib.parse import quote\nimport requests as r\n'

    assert.deepEqual(problemsOf(code), ['import os', 'import subprocess', 'import requests'])
    assert.deepEqual(problemsOf(code, { modules: undefined }), [])
  })

  it('finds commands that are run and not there', () => {
    const code = 'runCommand("/nemu")\nBot.runCommandAfter(5, command="/start")\nBot.handleNextCommand("gone")\n'

    assert.deepEqual(problemsOf(code), ['command "/nemu"', 'command "gone"'])
  })

  it('takes parameters behind the name of a command, and names it cannot read, as right', () => {
    assert.deepEqual(problemsOf('runCommand("/menu page 2")\nrunCommand(f"/{name}")\nrunCommand(next)\n'), [])
    assert.deepEqual(problemsOf('runCommand("Help me")\n'), [])
  })

  it('finds tags that are not closed, where texts are HTML', () => {
    const code = 'bot.sendMessage("<b>Hello", parse_mode="HTML")\n'

    assert.deepEqual(problemsOf(code), ['html <b>'])
    assert.deepEqual(problemsOf('bot.sendMessage("<b>Hello")\n'), [])
    assert.deepEqual(problemsOf('bot.sendMessage("<b>Hello")\n', { parseMode: 'HTML' }), ['html <b>'])
    assert.deepEqual(problemsOf('bot.sendMessage("<b>Hello", parse_mode="Markdown")\n', { parseMode: 'HTML' }), [])
  })

  it('finds what is no Python', () => {
    const [first = ''] = problemsOf('bot.sendMessage("hello"\nfoo = = 2\n')

    assert.match(first, /^syntax/)
  })
})

describe('the balance of HTML', () => {
  it('holds for tags in tags, attributes and comparisons', () => {
    assert.equal(unclosedHtml('<b>1 < 2 <i>and</i></b> <a href="https://example.org">x</a> <br/>'), undefined)
  })

  it('names the tag that breaks it', () => {
    assert.deepEqual(unclosedHtml('a <b><i>x</b></i>'), { tag: '<i>', at: 5 })
    assert.deepEqual(unclosedHtml('x</b>'), { tag: '</b>', at: 1 })
  })
})
