import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { WantedCommand } from '../commands/bulk.ts'
import { type ExportedBot, parseImport, printExport } from './document.ts'
import { FileProblem } from './txt.ts'

const FORMATS = ['json', 'yaml', 'txt'] as const

const command = (name: string, code: string): WantedCommand => ({
  name,
  code,
  isPinned: false,
  adminOnly: false,
  folder: null,
  aliases: [],
})

const botWith = (commands: readonly WantedCommand[]): ExportedBot => ({
  id: '12345678',
  name: 'My Bot',
  username: 'my_bot',
  version: '4.19.0',
  createdAt: new Date('2026-01-15T10:30:00Z'),
  exportedAt: new Date('2026-02-15T10:30:00Z'),
  commands,
  data: undefined,
})

const namesAndCode = (commands: readonly WantedCommand[]): [string, string][] =>
  commands.map(({ name, code }) => [name, code])

const HARD: readonly string[] = [
  '',
  '\n',
  '\r\n',
  '\r',
  ' ',
  '\t',
  '---',
  '\n---',
  '---\n',
  '---\r\n----\r\n',
  'a\n---\nCommand: /b\n---\nc\n---\n',
  '=== /b ===\ncode',
  'Command: /b',
  '# a\n\n\n---\n\n\n',
  '-----\n----\n---',
  '\tif x:\r\n\t\tpass\r\n',
  '  leading spaces\n trailing \n',
  'text = """🟢 Joined\n… ünïcode \u2028 \u0085 \ufeff"""',
  '\ufeffbom',
  'key: value\n- list\n? x\n|\n>\n%YAML 1.2\n...\n',
  '\'single\' "double" \\back\\slash \\n',
  'null',
  'true',
  '012',
  '<<',
  '&anchor *alias !tag',
  'x\u007f\u0001\u001b',
]

const lines = fc
  .array(
    fc.oneof(
      fc.constantFrom(...HARD),
      fc.stringMatching(/^[ \t\nab#:'"-]{0,10}$/),
      fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.replaceAll('\0', '')),
    ),
    { maxLength: 8 },
  )
  .chain((parts) => fc.constantFrom('\n', '\r\n', '\r', '').map((end) => parts.join(end)))

const names = fc
  .oneof(
    fc.constantFrom('/start', '*', '@', '~', '!', '.env', '🟢 Joined', '===', '---', 'Command: /x', '=== /x ===', 'no'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  )
  .map((name) => name.trim())
  .filter((name) => name !== '' && Buffer.byteLength(name) <= 256 && !/\p{Cc}/u.test(name))

describe('an exported bot', () => {
  for (const format of FORMATS)
    it(`comes back to the letter out of ${format}, whatever its code holds`, () => {
      const bots = fc.uniqueArray(fc.tuple(names, lines), { selector: ([name]) => name, minLength: 1, maxLength: 5 })
      fc.assert(
        fc.property(bots, (each) => {
          const commands = each.map(([name, code]) => command(name, code))
          const file = printExport(botWith(commands), format)

          const back = parseImport(file, format)

          assert.deepEqual(namesAndCode(back.commands), namesAndCode(commands))
          const again = back.commands.map(({ name, code }) => command(name, code))
          assert.equal(printExport(botWith(again), format), file)
        }),
        {
          numRuns: 300,
          examples: HARD.map((code) => [
            [
              ['/a', code],
              ['/b', code],
            ],
          ]),
        },
      )
    })

  it('keeps what the published format has no room for, in JSON and YAML', () => {
    const marked = { ...command('/a', 'x'), isPinned: true, adminOnly: true, folder: 'tools', aliases: ['a', 'b'] }

    for (const format of ['json', 'yaml'] as const)
      assert.deepEqual(parseImport(printExport(botWith([marked, command('/b', '')]), format), format).commands, [
        marked,
        command('/b', ''),
      ])
  })

  it('keeps the values of the bot, with whole numbers of any length, in JSON and YAML', () => {
    const data = [
      { name: 'text', data: 'a\r\n---\n🟢' },
      { name: 'numbers', data: { big: 12345678901234567890n, small: -5, float: 0.1 } },
      { name: 'rest', data: [null, true, [], {}] },
    ]

    for (const format of ['json', 'yaml'] as const) {
      const file = printExport({ ...botWith([]), data }, format)
      const back = parseImport(file, format)
      assert.equal(printExport({ ...botWith([]), data: back.data }, format), file)
      assert.match(file, /12345678901234567890\b(?!")/)
    }
  })

  it('has the members that the published format has', () => {
    const file = { ...botWith([command('/start', 'x')]), data: [{ name: 'count', data: { n: 1 } }] }

    assert.deepEqual(JSON.parse(printExport(file, 'json')), {
      bot: {
        botid: '12345678',
        bot_name: 'My Bot',
        bot_username: 'my_bot',
        creation_date: '2026-01-15T10:30:00.000Z',
        _export_date: '2026-02-15T10:30:00.000Z',
      },
      commands: [{ command: '/start', code: 'x' }],
      global_data: [{ name: 'count', data: { n: 1 } }],
      export_info: { date: '2026-02-15T10:30:00.000Z', exporter: 'Latchkey', version: '1.0' },
      latchkey: {
        telebot_version: '4.19.0',
        commands: [{ command: '/start', pinned: false, admin_only: false, folder: null, aliases: [] }],
      },
    })
  })

  it('is a command line, a fence, the code and the fence again in plain text', () => {
    const file = printExport(botWith([command('/start', 'a\n---\nb'), command('*', '')]), 'txt')

    assert.equal(file, 'Command: /start\n----\na\n---\nb\n----\n\nCommand: *\n---\n\n---\n')
  })
})

describe('a file of somebody else', () => {
  it('may fence code that holds lines of dashes', () => {
    const text = 'My bot\n\nCommand: /a\n---\nx = 1\n---\ny = 2\n---\n\nCommand: /b\r\n---\r\nz\r\n---\r\n\n\n'

    assert.deepEqual(namesAndCode(parseImport(text, 'txt').commands), [
      ['/a', 'x = 1\n---\ny = 2'],
      ['/b', 'z'],
    ])
  })

  it('may have titles instead of fences', () => {
    const text = '\ufeff=== /a ===\n\n  x = 1\n\n=== 🟢 Joined ===\r\ny\r\n\r\n=== * ===\n'

    assert.deepEqual(namesAndCode(parseImport(text, 'txt').commands), [
      ['/a', '  x = 1'],
      ['🟢 Joined', 'y'],
      ['*', ''],
    ])
  })

  it('may be a list alone, with members nobody knows, and without code', () => {
    const list = [
      { command: '/a', code: null, _id: 1 },
      { command: ' /b ', pinned: true, bot: 5 },
    ]

    for (const tree of [list, { commands: list, latchkey: { commands: [{ command: '/a', folder: 'x' }] } }]) {
      const { commands } = parseImport(JSON.stringify(tree), 'json')
      assert.deepEqual(namesAndCode(commands), [
        ['/a', ''],
        ['/b', ''],
      ])
      assert.equal(commands[1]?.isPinned, true)
      assert.equal(commands[0]?.isPinned, undefined)
      assert.equal(commands[0]?.folder, tree === list ? undefined : 'x')
    }
  })

  it('is refused in a sentence that says what is wrong', () => {
    const problems: [text: string, format: (typeof FORMATS)[number], sentence: RegExp][] = [
      ['{', 'json', /^The file is not valid JSON: /],
      ['a: [', 'yaml', /^The file is not valid YAML: /],
      ['a: 1\na: 2', 'yaml', /^The file is not valid YAML: /],
      ['{}', 'json', /^The file needs a list "commands"/],
      ['5', 'yaml', /^The file needs a list "commands"/],
      ['{"commands":[{"command":"a"},{"command":" a"}]}', 'json', /^The file has the command a twice$/],
      ['hello', 'txt', /^The text has no line such as "Command: \/start"/],
      ['Command: a\ncode', 'txt', /^Line 2 must be a line of dashes$/],
      ['Command: a\n---\ncode', 'txt', /^The code of the command in line 1 has no line of dashes behind it$/],
      ['Command: a\n---\n---\nCommand: b\n----\nx\n---\n', 'txt', /^The code of the command in line 4 has no/],
    ]
    for (const [text, format, message] of problems)
      assert.throws(() => parseImport(text, format), (error: Error) => error instanceof FileProblem && message.test(error.message), text) // biome-ignore format: one line
  })

  it('grows by no aliases of YAML', () => {
    const bomb = ['a0: &a0 [x, x]', ...Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}]`)]

    assert.throws(() => parseImport(`${bomb.join('\n')}\ncommands: *a30\n`, 'yaml'), FileProblem)
  })
})
