const MAX_QUOTE_LENGTH = 16_384
const MAX_SOURCE_WORDS = 12

// Backticks are not among them: what stands in those is code.
const CLOSING: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '“': '”',
  '”': '”',
  '„': '“”',
  '‟': '”',
  '‘': '’',
  '‚': '‘’',
  '«': '»',
  '»': '«',
  '‹': '›',
  '›': '‹',
  '「': '」',
  '『': '』',
  '﹁': '﹂',
  '﹃': '﹄',
  '｢': '｣',
  '＂': '＂',
  '〝': '〞〟',
  '❝': '❞',
  '❛': '❜',
}
const SOURCE = /^[.,!?…]?\s*(?:[-–—―~]{1,2}\s*(\S[^\n]{0,150})|[([](\S[^\n]{0,150})[)\]])$/u

/** True for words in one pair of quotes, with who said them behind at most, and for a block quote of Markdown. */
export const isQuote = (text: string): boolean => {
  if (text.length > MAX_QUOTE_LENGTH) return false
  if (text.startsWith('>')) return isBlockQuote(text)
  const closing = CLOSING[text.charAt(0)]
  if (closing === undefined) return false
  const end = endOf(text, closing)
  if (end < 0) return false
  const inner = text.slice(1, end).trim()
  const rest = text.slice(end + 1)
  const hasMore = [...rest].some((character) => character === text.charAt(0) || closing.includes(character))
  return isSaying(inner) && !hasMore && (/^[.,!?…]?$/u.test(rest.trim()) || isSource(rest))
}

// The sign that closes may also be an apostrophe, between letters.
const endOf = (text: string, closing: string): number => {
  for (let at = 1; at < text.length; at += 1) {
    if (!closing.includes(text.charAt(at))) continue
    const isApostrophe = "'’".includes(text.charAt(at)) && /^\p{L}{2}$/u.test(text.charAt(at - 1) + text.charAt(at + 1))
    if (!isApostrophe) return at
  }
  return -1
}

const isSaying = (inner: string): boolean =>
  /\p{L}/u.test(inner) && (/\s/.test(inner) || !/[\\/=<>{}$@_#|]|\.\w|^\S*:\S/.test(inner))

// Names begin with a capital letter, or are of a script that has none; what begins otherwise goes on with the sentence.
const isSource = (rest: string): boolean => {
  const match = SOURCE.exec(rest)
  const source = match?.[1] ?? match?.[2]
  if (source === undefined || source.split(/\s+/).length > MAX_SOURCE_WORDS) return false
  return match?.[2] !== undefined || /(?:^|\s)[@*_]?[\p{Lu}\p{Lt}\p{Lo}]/u.test(source)
}

const isBlockQuote = (text: string): boolean => {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const [last = ''] = lines.slice(-1)
  const quoted = lines.every((line) => /^\s*>/.test(line))
  const sourced = lines.slice(0, -1).every((line) => /^\s*>/.test(line)) && isSource(` ${last.trim()}`)
  return (quoted || sourced) && text.split(/\s+/).length > 3 && /^>\s*["“«„]?\p{L}/u.test(text)
}
