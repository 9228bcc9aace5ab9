/** Elements that begin and end a paragraph. */
const BLOCKS = new Set(
  'address article aside blockquote body br caption dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html li main nav ol p pre section summary table tbody td tfoot th thead tr ul'.split(
    ' ',
  ),
)
const AROUND = new Set(['nav', 'aside', 'footer', 'form', 'menu', 'dialog'])
const UNLIKELY =
  /\b(?:comment|sidebar|footer|nav|menu|promo|related|share|social|cookie|banner|breadcrumb|advert|popup)/i
const LIKELY = /\b(?:article|body|content|entry|main|post|story|text)\b/i

const LEAST_CHARS = 25
const MOST_NODES = 100_000
const MOST_CHARS = 1_000_000

interface Node {
  readonly parent: Node | undefined
  readonly isAround: boolean
  score: number
  readonly firstBlock: number
  endBlock: number
}

interface Block {
  readonly text: string
  readonly isAround: boolean
}

/**
 * Finds the text of an article among what stands around it, while the page is read: the element whose paragraphs are
 * long, have commas and few links. Needs memory for the text and a note for each element, and no tree.
 */
export const articleFinder = () => {
  const nodes: Node[] = []
  const blocks: Block[] = []
  let current: Node | undefined
  let text = ''
  let linkChars = 0
  let links = 0
  let totalChars = 0

  const endBlock = (): void => {
    const whole = text.replace(/\s+/g, ' ').trim()
    const linked = linkChars
    text = ''
    linkChars = 0
    if (whole === '' || current === undefined || totalChars > MOST_CHARS) return
    totalChars += whole.length
    blocks.push({ text: whole, isAround: current.isAround })
    if (whole.length < LEAST_CHARS || linked > whole.length / 2 || current.isAround) return
    const score = 1 + Math.min(whole.split(/[,،、，]/).length - 1, 10) + Math.min(whole.length / 100, 5)
    // The paragraph itself, what holds it, and what holds that: an article is the place where most of this meets.
    if (current.parent !== undefined) current.parent.score += score
    if (current.parent?.parent !== undefined) current.parent.parent.score += score / 2
    current.score += score / 3
  }

  return {
    open(name: string, attributes: Readonly<Record<string, string>>): void {
      if (name === 'a') links += 1
      if (!BLOCKS.has(name) || nodes.length > MOST_NODES) return
      endBlock()
      if (name === 'br' || name === 'hr') return
      const hint = `${attributes.class ?? ''} ${attributes.id ?? ''} ${attributes.role ?? ''}`.slice(0, 300)
      const isAround =
        current?.isAround === true || AROUND.has(name) || (UNLIKELY.test(hint) && !LIKELY.test(hint) && name !== 'body')
      const bonus = name === 'article' || name === 'main' ? 10 : LIKELY.test(hint) ? 5 : 0
      const node = { parent: current, isAround, score: bonus, firstBlock: blocks.length, endBlock: blocks.length }
      nodes.push(node)
      current = node
    },

    text(piece: string): void {
      if (text.length > MOST_CHARS) return
      text += piece
      if (links > 0) linkChars += piece.length
    },

    close(name: string): void {
      if (name === 'a') links = Math.max(0, links - 1)
      if (!BLOCKS.has(name) || name === 'br' || name === 'hr' || current === undefined) return
      endBlock()
      current.endBlock = blocks.length
      current = current.parent
    },

    /** Everything that can be read on the page. */
    all: (): string => blocks.map((block) => block.text).join('\n'),

    /** @returns The article, a paragraph a line; empty where there is none. */
    article(): string {
      endBlock()
      for (let node = current; node !== undefined; node = node.parent) node.endBlock = blocks.length
      const best = nodes.reduce<Node | undefined>(
        (top, node) => (node.score > (top?.score ?? 0) ? node : top),
        undefined,
      )
      if (best === undefined) return ''
      return blocks
        .slice(best.firstBlock, best.endBlock)
        .filter(({ isAround }) => !isAround)
        .map((block) => block.text)
        .join('\n')
    },
  }
}
