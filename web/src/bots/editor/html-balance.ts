const TAG = /<(\/?)([a-zA-Z][\w-]*)([^<>]*)>/g

/**
 * The first tag that is opened and not closed, or closed and not opened; Telegram refuses the whole message then.
 *
 * @see https://core.telegram.org/bots/api#html-style
 */
export const unclosedHtml = (text: string): { readonly tag: string; readonly at: number } | undefined => {
  const open: { name: string; tag: string; at: number }[] = []
  for (const { 0: tag, 1: slash, 2: raw = '', 3: rest = '', index: at } of text.matchAll(TAG)) {
    const name = raw.toLowerCase()
    if (slash === '') {
      if (!rest.trimEnd().endsWith('/')) open.push({ name, tag, at })
      continue
    }
    const last = open.pop()
    if (last?.name === name) continue
    return last === undefined ? { tag, at } : { tag: last.tag, at: last.at }
  }
  const left = open.at(-1)
  return left && { tag: left.tag, at: left.at }
}
