import { parseXml as parse, XmlElement, XmlError, type XmlNode, XmlText } from '@rgrove/parse-xml'
import { AppError } from '../../platform/errors.ts'
import { DavErrors } from './contract.ts'

/** What an element or an attribute is called: two names are equal if both parts are. */
export interface XmlName {
  /** Empty for none. */
  readonly namespace: string
  readonly local: string
}

export interface XmlAttribute extends XmlName {
  readonly value: string
}

/** An element whose prefixes are resolved, so that it means the same wherever it is printed. */
export interface Element extends XmlName {
  readonly attributes: readonly XmlAttribute[]
  readonly children: readonly (Element | string)[]
}

export const DAV_NAMESPACE = 'DAV:'
export const XML_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'

const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace'
// The parser calls itself for each element in another one.
const MAX_ELEMENTS = 2000
const MAX_DEPTH = 32

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** @throws {AppError} INVALID_XML, also for a document type: nothing here has one, and entities are made in them. */
export const parseXml = (body: Buffer): Element => {
  try {
    const text = utf8.decode(body)
    if (/<!DOCTYPE/i.test(text)) throw new XmlProblem('A document type is not accepted.')
    if ((text.match(/<[^/!?]/g)?.length ?? 0) > MAX_ELEMENTS) throw new XmlProblem('There are too many elements.')
    const { root } = parse(text)
    if (root === null) throw new XmlProblem('There is no element.')
    return resolve(root, new Map([['xml', XML_NAMESPACE]]), 1)
  } catch (cause) {
    if (!(cause instanceof XmlProblem || cause instanceof XmlError || cause instanceof TypeError)) throw cause
    throw new AppError(DavErrors.INVALID_XML, { cause })
  }
}

class XmlProblem extends Error {}

type Prefixes = ReadonlyMap<string, string>

const resolve = (element: XmlElement, outer: Prefixes, depth: number): Element => {
  if (depth > MAX_DEPTH) throw new XmlProblem('The elements are nested too deeply.')
  const own = Object.entries(element.attributes)
  const prefixes = new Map([...outer, ...own.flatMap(([name, value]) => declaration(name, value))])
  return {
    ...nameOf(element.name, prefixes, prefixes.get('') ?? ''),
    attributes: own
      .filter(([name]) => !/^xmlns(:|$)/.test(name))
      // Without a prefix an attribute is in no namespace, whatever the default one is.
      .map(([name, value]) => ({ ...nameOf(name, prefixes, ''), value })),
    children: element.children.flatMap((child) => childOf(child, prefixes, depth)),
  }
}

const childOf = (child: XmlNode, prefixes: Prefixes, depth: number): (Element | string)[] => {
  if (child instanceof XmlElement) return [resolve(child, prefixes, depth + 1)]
  return child instanceof XmlText ? [child.text] : []
}

const declaration = (name: string, value: string): [string, string][] => {
  if (name === 'xmlns') return [['', value]]
  if (!name.startsWith('xmlns:')) return []
  // https://www.w3.org/TR/xml-names/#nsc-NoPrefixUndecl
  if (value === '') throw new XmlProblem('A prefix stands for nothing.')
  return [[name.slice(6), value]]
}

const nameOf = (name: string, prefixes: Prefixes, fallback: string): XmlName => {
  const [first = '', second, ...rest] = name.split(':')
  if (second === undefined) return { namespace: fallback, local: first }
  const namespace = prefixes.get(first)
  if (namespace === undefined || second === '' || rest.length > 0) throw new XmlProblem('A prefix is not declared.')
  return { namespace, local: second }
}

/** Whether an element is one of WebDAV's own. */
export const isDav = (element: Element | string | undefined, local: string): element is Element =>
  typeof element === 'object' && element.namespace === DAV_NAMESPACE && element.local === local

export const elementsOf = ({ children }: Element): Element[] => children.filter((child) => typeof child === 'object')

export const findDav = (element: Element, local: string): Element | undefined =>
  elementsOf(element).find((child) => isDav(child, local))

export const textOf = ({ children }: Element): string =>
  children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('')

/** Both parts in one text, for keys of maps and columns. */
export const nameText = ({ namespace, local }: XmlName): string => `{${namespace}}${local}`

/** An element with all that it needs to be understood. @param outside The default namespace where it is put. */
export const printElement = (element: Element, outside?: string): string => {
  const { namespace, local, attributes, children } = element
  const declared = namespace === outside ? '' : ` xmlns="${escapeXml(namespace)}"`
  const given = attributes.map(printAttribute).join('')
  const inner = children
    .map((child) => (typeof child === 'string' ? escapeXml(child) : printElement(child, namespace)))
    .join('')
  return inner === '' ? `<${local}${declared}${given}/>` : `<${local}${declared}${given}>${inner}</${local}>`
}

const printAttribute = ({ namespace, local, value }: XmlAttribute, index: number): string => {
  const escaped = escapeXml(value)
  if (namespace === '') return ` ${local}="${escaped}"`
  if (namespace === XML_NAMESPACE) return ` xml:${local}="${escaped}"`
  return ` xmlns:a${index}="${escapeXml(namespace)}" a${index}:${local}="${escaped}"`
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
}

/** What XML cannot carry at all becomes the replacement character: https://www.w3.org/TR/xml/#charsets */
export const escapeXml = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"\r]/g, (char) => ESCAPES[char] ?? char)
