import type { syntaxTree } from '@codemirror/language'
import { unclosedHtml } from './html-balance.ts'

type Tree = ReturnType<typeof syntaxTree>
type SyntaxNode = Tree['topNode']

export interface LintFacts {
  /** The names and aliases of the bot's commands. */
  readonly commands: ReadonlySet<string>
  /** What can be imported; undefined while nobody knows. */
  readonly modules: ReadonlySet<string> | undefined
  /** What texts are read as for which the code says nothing. */
  readonly parseMode: string | null
}

/** What is wrong, by kind; `subject` is what the text about it names. */
export interface Problem {
  readonly kind: 'return' | 'import' | 'command' | 'html' | 'syntax'
  readonly severity: 'error' | 'warning'
  readonly from: number
  readonly to: number
  readonly subject: string
}

const RUNNERS = /(?:^|\.)(?:runCommand(?:After)?|run_command(?:_after)?|handleNextCommand|handle_next_command)$/
const SENDERS = /\.(?:send|edit|reply|copy)\w*$/
const TEXTS = new Set(['text', 'caption'])

const isInside = (node: SyntaxNode, name: string): boolean => {
  for (let at = node.parent; at !== null; at = at.parent) if (at.name === name) return true
  return false
}

/** The text of a literal without prefix, placeholders and escapes; undefined for what is not one. */
const literalOf = (node: SyntaxNode | null, code: string): { text: string; from: number } | undefined => {
  if (node === null || node.name !== 'String') return undefined
  const match = /^[uU]?("""|'''|"|')([\s\S]*?)\1$/.exec(code.slice(node.from, node.to))
  const [whole, quote, text] = match ?? []
  if (whole === undefined || quote === undefined || text === undefined || text.includes('\\')) return undefined
  return { text, from: node.from + whole.indexOf(quote) + quote.length }
}

interface Argument {
  readonly name: string | undefined
  readonly value: SyntaxNode
}

/** The arguments of a call, with their names. */
const argumentsOf = (list: SyntaxNode, code: string): Argument[] => {
  const found: Argument[] = []
  for (let node = list.firstChild; node !== null; node = node.nextSibling) {
    if (['(', ')', ',', 'AssignOp'].includes(node.name)) continue
    const isNamed = node.name === 'VariableName' && node.nextSibling?.name === 'AssignOp'
    const value = isNamed ? node.nextSibling?.nextSibling : node
    if (value === null || value === undefined) break
    found.push({ name: isNamed ? code.slice(node.from, node.to) : undefined, value })
    node = value
  }
  return found
}

const returnProblem = (node: SyntaxNode): Problem[] =>
  isInside(node, 'FunctionDefinition')
    ? []
    : [{ kind: 'return', severity: 'error', from: node.from, to: node.to, subject: 'return' }]

/** `import a.b as c, d` and `from a.b import c`: the modules, each with its place. */
const modulesOf = (node: SyntaxNode, code: string): { name: string; from: number; to: number }[] => {
  const text = code.slice(node.from, node.to)
  const from = /^from\s+([\w.]+)/.exec(text)
  const names = from?.[1] === undefined ? text.replace(/^import\s+/, '').split(',') : [from[1]]
  return names
    .map((part) => part.trim().split(/\s/)[0] ?? '')
    .filter((name) => /^[\w.]+$/.test(name))
    .map((name) => {
      const at = node.from + text.indexOf(name, text.search(/\s/))
      return { name, from: at, to: at + name.length }
    })
}

const importProblems = (node: SyntaxNode, code: string, { modules }: LintFacts): Problem[] =>
  modulesOf(node, code)
    .filter(({ name }) => modules !== undefined && !modules.has(name))
    .map(({ name, from, to }) => ({ kind: 'import', severity: 'error', from, to, subject: name }))

/** A command is found by its whole name, or by the first word of one that begins with a slash. */
const commandProblems = (list: SyntaxNode, code: string, { commands }: LintFacts): Problem[] => {
  const given = argumentsOf(list, code)
  const { value } = given.find(({ name }) => name === 'command') ?? given.find(({ name }) => name === undefined) ?? {}
  const literal = literalOf(value ?? null, code)
  if (literal === undefined || value === undefined || literal.text.trim() === '') return []
  const name = literal.text.trim()
  const word = name.startsWith('/') ? (name.split(/\s/)[0] ?? name) : name
  if (commands.has(name) || commands.has(word)) return []
  return [{ kind: 'command', severity: 'warning', from: value.from, to: value.to, subject: word }]
}

const htmlProblems = (list: SyntaxNode, code: string, { parseMode }: LintFacts): Problem[] => {
  const given = argumentsOf(list, code)
  const mode = given.find(({ name }) => name === 'parse_mode' || name === 'parseMode')
  const said = mode === undefined ? parseMode : literalOf(mode.value, code)?.text
  if (said?.toLowerCase() !== 'html') return []
  return given
    .filter(({ name }) => name === undefined || TEXTS.has(name))
    .flatMap(({ value }): Problem[] => {
      const literal = literalOf(value, code)
      const wrong = literal === undefined ? undefined : unclosedHtml(literal.text)
      if (literal === undefined || wrong === undefined) return []
      const from = literal.from + wrong.at
      return [{ kind: 'html', severity: 'warning', from, to: from + wrong.tag.length, subject: wrong.tag }]
    })
}

const callProblems = (node: SyntaxNode, code: string, facts: LintFacts): Problem[] => {
  const list = node.getChild('ArgList')
  if (list === null) return []
  const callee = code.slice(node.from, list.from)
  if (RUNNERS.test(callee)) return commandProblems(list, code, facts)
  return SENDERS.test(callee) ? htmlProblems(list, code, facts) : []
}

const MOST_SYNTAX = 3

/** What is wrong in a command before anybody has run it. @param tree Of the whole code. */
export const lint = (code: string, tree: Tree, facts: LintFacts): Problem[] => {
  const problems: Problem[] = []
  tree.iterate({
    enter: ({ node, type }) => {
      if (type.isError) problems.push({ kind: 'syntax', severity: 'error', from: node.from, to: node.to, subject: '' })
      else if (node.name === 'ReturnStatement') problems.push(...returnProblem(node))
      else if (node.name === 'ImportStatement') problems.push(...importProblems(node, code, facts))
      else if (node.name === 'CallExpression') problems.push(...callProblems(node, code, facts))
    },
  })
  // What follows a mistake is mostly its consequence.
  const syntax = problems.filter(({ kind }) => kind === 'syntax')
  const dropped = new Set(syntax.slice(MOST_SYNTAX))
  return problems.filter((problem) => !dropped.has(problem)).sort((a, b) => a.from - b.from)
}
