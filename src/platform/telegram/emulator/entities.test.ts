import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatText, type TextRequest } from './entities/text.ts'
import { ApiFailure } from './failure.ts'

const format = (text: string, parseMode = '', entities?: TextRequest['entities']) =>
  formatText({
    text,
    parseMode,
    entities,
    findUser: (id) => (id === 5 ? { id, is_bot: false, first_name: 'Eve' } : undefined),
  })

/** Each entity as `type(text it covers)`. */
const shown = (text: string, parseMode?: string) => {
  const formatted = format(text, parseMode)
  return [
    formatted.text,
    ...formatted.entities.map(
      ({ type, offset, length }) => `${type}(${formatted.text.slice(offset, offset + length)})`,
    ),
  ]
}

const complaint = (text: string, parseMode: string) => {
  try {
    format(text, parseMode)
  } catch (error) {
    if (error instanceof ApiFailure) return error.message.replace("Bad Request: can't parse entities: ", '')
    throw error
  }
  return assert.fail('it parsed')
}

describe('emulator: HTML', () => {
  for (const [source, ...expected] of [
    ['<b>a</b> <strong>b</strong> <i>c</i> <em>d</em>', 'a b c d', 'bold(a)', 'bold(b)', 'italic(c)', 'italic(d)'],
    [
      '<u>a</u> <ins>b</ins> <s>c</s> <strike>d</strike> <del>e</del>',
      'a b c d e',
      'underline(a)',
      'underline(b)',
      'strikethrough(c)',
      'strikethrough(d)',
      'strikethrough(e)',
    ],
    ['<b>a<i>b</i></b>', 'ab', 'bold(ab)', 'italic(b)'],
    ['<tg-spoiler>x</tg-spoiler><span class="tg-spoiler">y</span>', 'xy', 'spoiler(x)', 'spoiler(y)'],
    ['&lt;b&gt; &amp; &quot;&#128512;&#x41; &nbsp;', '<b> & "😀A &nbsp;'],
    ['<B>x</b >', 'x', 'bold(x)'],
    ['😀<b>x</b>', '😀x', 'bold(x)'],
    ['<b></b>x', 'x'],
    [
      '<blockquote expandable>q</blockquote><blockquote>r</blockquote>',
      'qr',
      'expandable_blockquote(q)',
      'blockquote(r)',
    ],
    ['<a href="nowhere">plain</a>', 'plain'],
    ['<a href="tg://user?id=6">nobody</a>', 'nobody'],
  ] as const) {
    it(`reads ${source}`, () => {
      assert.deepEqual(shown(source, 'HTML'), expected)
    })
  }

  it('reads links, mentions, languages and custom emoji', () => {
    const source =
      '<a href="https://e.com/?a=1&amp;b">l</a><a href="tg://user?id=5">m</a><pre><code class="language-py">c</code></pre><tg-emoji emoji-id="123">😀</tg-emoji>'

    assert.deepEqual(format(source, 'html').entities, [
      { offset: 0, length: 1, type: 'text_link', url: 'https://e.com/?a=1&b' },
      { offset: 1, length: 1, type: 'text_mention', user: { id: 5, is_bot: false, first_name: 'Eve' } },
      { type: 'pre', offset: 2, length: 1, language: 'py' },
      { type: 'custom_emoji', offset: 3, length: 2, custom_emoji_id: '123' },
    ])
  })

  for (const [source, expected] of [
    ['ж<x>a</x>', 'Unsupported start tag "x" at byte offset 2'],
    ['<b>a', `Can't find end tag corresponding to start tag "b"`],
    ['a</b>', 'Unexpected end tag at byte offset 1'],
    ['<b>a</i>', 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'],
    ['<b>a</b', 'Unclosed end tag at byte offset 4'],
    ['a <', 'Unclosed start tag at byte offset 2'],
    ['<a href>x</a>', 'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0'],
    ['<a ="x">x</a>', 'Empty attribute name in the tag "a" at byte offset 0'],
    ['<a href=x?>x</a>', 'Unexpected end of name token at byte offset 8'],
    ['<a href="x', 'Unclosed start tag at byte offset 0'],
    ['<span class="x">x</span>', 'Tag "span" must have class "tg-spoiler" at byte offset 0'],
    ['<tg-emoji emoji-id="x">x</tg-emoji>', 'Invalid custom emoji identifier specified'],
  ] as const) {
    it(`complains about ${source}`, () => {
      assert.equal(complaint(source, 'HTML'), expected)
    })
  }
})

describe('emulator: MarkdownV2', () => {
  for (const [source, ...expected] of [
    [
      '*a* _b_ __c__ ~d~ ||e|| `f`',
      'a b c d e f',
      'bold(a)',
      'italic(b)',
      'underline(c)',
      'strikethrough(d)',
      'spoiler(e)',
      'code(f)',
    ],
    ['*a _b_*', 'a b', 'bold(a b)', 'italic(b)'],
    ['1\\.5 \\*x\\*', '1.5 *x*'],
    ['`a*b.`', 'a*b.', 'code(a*b.)'],
    ['>q\n>r\nrest', 'q\nr\nrest', 'blockquote(q\nr\n)'],
    ['[e](https://e.com/\\))', 'e', 'text_link(e)'],
    ['```\na\n```', 'a', 'pre(a)'],
  ] as const) {
    it(`reads ${JSON.stringify(source)}`, () => {
      assert.deepEqual(shown(source, 'MarkdownV2'), expected)
    })
  }

  it('keeps the language of a block, and the identifier of a custom emoji', () => {
    const source = '```py\nx\n```![😀](tg://emoji?id=12)'

    assert.deepEqual(format(source, 'markdownv2').entities, [
      { offset: 0, length: 2, type: 'pre', language: 'py' },
      { offset: 2, length: 2, type: 'custom_emoji', custom_emoji_id: '12' },
    ])
  })

  for (const [source, expected] of [
    ['1.5', "Character '.' is reserved and must be escaped with the preceding '\\'"],
    ['hi!', "Character '!' is reserved and must be escaped with the preceding '\\'"],
    ['a|b', "Character '|' is reserved and must be escaped with the preceding '\\'"],
    ['a > b', "Character '>' is reserved and must be escaped with the preceding '\\'"],
    ['ж*a', "Can't find end of Bold entity at byte offset 2"],
    ['_a', "Can't find end of Italic entity at byte offset 0"],
    ['```py\nx', "Can't find end of PreCode entity at byte offset 0"],
    ['[a](b', "Can't find end of a URL at byte offset 4"],
    ['![a]', 'Custom emoji entity must contain a tg://emoji URL'],
  ] as const) {
    it(`complains about ${JSON.stringify(source)}`, () => {
      assert.equal(complaint(source, 'MarkdownV2'), expected)
    })
  }
})

describe('emulator: legacy Markdown and plain text', () => {
  it('reads the legacy style', () => {
    assert.deepEqual(shown('*a* _b_ `c` [d](http://e.com) \\*x ```js\nf```', 'Markdown'), [
      'a b c d *x f',
      'bold(a)',
      'italic(b)',
      'code(c)',
      'text_link(d)',
      'pre(f)',
    ])
    assert.equal(complaint('жa_b', 'markdown'), "Can't find end of the entity starting at byte offset 3")
  })

  it('finds commands, mentions, addresses and tags', () => {
    assert.deepEqual(shown('/a /b@c_bot x/y @someone a@b.co #tag1 $USD https://e.com/x. t.me/x').slice(1), [
      'bot_command(/a)',
      'bot_command(/b@c_bot)',
      'mention(@someone)',
      'email(a@b.co)',
      'hashtag(#tag1)',
      'cashtag($USD)',
      'url(https://e.com/x)',
      'url(t.me/x)',
    ])
  })

  it('finds nothing inside code', () => {
    assert.deepEqual(shown('<code>/a</code> /b', 'HTML'), ['/a /b', 'code(/a)', 'bot_command(/b)'])
  })

  it('trims the text, and its entities with it', () => {
    assert.deepEqual(shown(' \n<b> a </b> ', 'HTML'), ['a', 'bold(a)'])
  })

  it('takes entities as given, and leaves out those beyond the text', () => {
    const bold = { type: 'bold', offset: 0, length: 2 }

    assert.deepEqual(format('abc', '', [bold, { ...bold, offset: 2 }]).entities, [bold])
  })

  it('reads hostile texts without choking', () => {
    const sources = [
      '/a ',
      '<b>a</b>',
      'a.',
      '@aaaa',
      '<b>',
      '&amp',
      '[a](',
      '`',
      'a@a.',
      '__a',
      '\\',
      '>\n',
      '#a1',
      'http://',
    ]

    for (const source of sources) {
      for (const mode of ['', 'HTML', 'MarkdownV2', 'Markdown']) {
        const text = source.repeat(Math.floor(60_000 / source.length))
        try {
          format(text, mode)
        } catch (error) {
          assert.ok(error instanceof ApiFailure)
        }
      }
    }
    assert.equal(complaint('x'.repeat(65_537), ''), 'Bad Request: message is too long')
  })

  it('refuses an unknown parse mode', () => {
    assert.equal(complaint('x', 'bbcode'), 'Bad Request: unsupported parse_mode')
  })
})
