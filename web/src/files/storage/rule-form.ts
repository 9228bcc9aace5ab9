import type { PolicyRule } from '../../../../src/files/storage/contract.ts'

const MB = 1_000_000

/** A rule as it is typed; what the fields do not show stays as it was. */
export interface RuleForm {
  readonly key: number
  readonly minMb: string
  readonly maxMb: string
  readonly types: string
  /** The home first, then those that get a copy. */
  readonly backends: readonly string[]
  readonly rest: Omit<PolicyRule, 'min_bytes' | 'max_bytes' | 'mime_types' | 'backends'>
}

const megabytes = (bytes: number | undefined): string => (bytes === undefined ? '' : String(bytes / MB))

/** @param key Tells it from the other forms. */
export const toForm = (rule: PolicyRule & { readonly id?: string }, key: number): RuleForm => {
  const { id: _id, min_bytes, max_bytes, mime_types, backends, ...rest } = rule
  const types = (mime_types ?? []).join(', ')
  return { key, minMb: megabytes(min_bytes), maxMb: megabytes(max_bytes), types, backends, rest }
}

const bytesOf = (text: string): number | undefined => {
  const value = Number(text.trim().replace(',', '.'))
  return text.trim() === '' || !Number.isFinite(value) || value < 0 ? undefined : Math.round(value * MB)
}

export const toRule = ({ minMb, maxMb, types, backends, rest }: RuleForm): PolicyRule => {
  const [least, most] = [bytesOf(minMb), bytesOf(maxMb)]
  const names = types.split(/[\s,]+/).filter((name) => name !== '')
  return {
    ...rest,
    ...(least === undefined ? {} : { min_bytes: least }),
    ...(most === undefined ? {} : { max_bytes: most }),
    ...(names.length === 0 ? {} : { mime_types: names }),
    backends: [...backends],
  }
}
