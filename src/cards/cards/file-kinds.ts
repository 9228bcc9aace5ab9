import type { CardType } from './contract.ts'

type Described = { readonly name: string; readonly mimeType: string }

const LANGUAGES: Readonly<Record<string, string>> = {
  astro: 'astro',
  bash: 'bash',
  c: 'c',
  cpp: 'cpp',
  cs: 'csharp',
  css: 'css',
  dart: 'dart',
  ex: 'elixir',
  go: 'go',
  h: 'c',
  hpp: 'cpp',
  htm: 'html',
  html: 'html',
  java: 'java',
  js: 'javascript',
  json: 'json',
  jsx: 'jsx',
  kt: 'kotlin',
  lua: 'lua',
  md: 'markdown',
  mdx: 'mdx',
  mjs: 'javascript',
  php: 'php',
  pl: 'perl',
  ps1: 'powershell',
  py: 'python',
  r: 'r',
  rb: 'ruby',
  rs: 'rust',
  scala: 'scala',
  scss: 'scss',
  sh: 'bash',
  sql: 'sql',
  svelte: 'svelte',
  swift: 'swift',
  toml: 'toml',
  ts: 'typescript',
  tsx: 'tsx',
  vue: 'vue',
  xml: 'xml',
  yaml: 'yaml',
  yml: 'yaml',
  zig: 'zig',
}

const KINDS: readonly (readonly [kind: string, extensions: string])[] = [
  ['pdf', 'pdf'],
  ['archive', '7z bz2 gz rar tar tgz xz zip zst'],
  ['presentation', 'key odp ppt pptx'],
  ['spreadsheet', 'csv numbers ods tsv xls xlsx'],
  ['document', 'doc docx odt pages rtf'],
  ['book', 'azw3 epub mobi'],
  ['design', 'ai fig psd sketch xd'],
  ['text', 'log markdown md txt'],
]
const KIND_OF = new Map(
  KINDS.flatMap(([kind, extensions]) => extensions.split(' ').map((extension) => [extension, kind] as const)),
)

/** @returns Without the dot, in lower case; null for a name that has none. */
const extensionOf = (name: string): string | null =>
  /[^.]\.([\p{L}\p{N}_-]{1,32})$/u.exec(name)?.[1]?.toLowerCase() ?? null

/** What is known of a file by its name and type alone. */
export const describeFile = ({ name, mimeType }: Described) => {
  const extension = extensionOf(name)
  const fileLanguage = LANGUAGES[extension ?? ''] ?? null
  return { fileExtension: extension, fileKind: kindOf(extension, mimeType, fileLanguage), fileLanguage }
}

const kindOf = (extension: string | null, mimeType: string, language: string | null): string => {
  const [media = ''] = mimeType.split('/')
  if (['image', 'video', 'audio'].includes(media)) return media
  const known = KIND_OF.get(extension ?? '')
  if (known !== undefined) return known
  if (language !== null) return 'code'
  return media === 'text' ? 'text' : 'other'
}

/** @param mimeType With what the extension says, where the sender knew nothing. */
export const cardTypeOfFile = (mimeType: string): CardType => {
  const [media = ''] = mimeType.split('/')
  return media === 'image' || media === 'video' || media === 'audio' ? media : 'document'
}

/** True for files that become a card of their text. */
export const isMarkdown = (name: string): boolean => /\.(?:md|markdown)$/i.test(name)
