import { relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Plugin } from 'vite'
import type { EndpointSpec } from '../../src/platform/http/contract.ts'

const CONTRACT = /\/src\/.+contract\.ts$/
const ITSELF = /\/src\/platform\/http\/contract\.ts$/

/**
 * Lets the browser import the server's contracts. What arrives there is what a call needs: method, path and kind of
 * body, and the failures by name. The schemas stay where they are checked; their types are known to the compiler.
 */
export const contractsForBrowsers = (): Plugin => ({
  name: 'latchkey-contracts',
  enforce: 'pre',
  async load(id) {
    if (!CONTRACT.test(id) || ITSELF.test(id)) return null
    const module: Record<string, unknown> = await import(pathToFileURL(id).href)
    const lines = Object.entries(module).flatMap(([name, value]) => {
      const text = literalOf(value)
      return text === undefined ? [] : [`export const ${name} = ${text}`]
    })
    return { code: `// ${relative(process.cwd(), id)}\n${lines.join('\n')}\n`, map: null }
  },
})

const literalOf = (value: unknown): string | undefined => {
  if (isEndpoint(value)) return JSON.stringify(callOf(value))
  return isPlain(value) ? JSON.stringify(value) : undefined
}

const isEndpoint = (value: unknown): value is EndpointSpec =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'endpoint'

const callOf = ({ method, path, body, returns }: EndpointSpec): object => ({
  kind: 'endpoint',
  method,
  path,
  // Whether there is a body is what a call asks; only a stream says more.
  ...(body === undefined ? {} : { body: 'stream' in body ? { stream: body.stream, field: body.field } : {} }),
  returns: [returns[0], returns[1] === null || 'bytes' in returns[1] ? returns[1] : {}],
})

/** Tables of failures, lists of words, numbers: nothing that holds a function or a schema. */
const isPlain = (value: unknown): boolean => {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return true
  if (Array.isArray(value)) return value.every(isPlain)
  if (typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return false
  return Object.values(value).every(isPlain)
}
