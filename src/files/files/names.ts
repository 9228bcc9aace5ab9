import { AppError } from '../../platform/errors.ts'
import { Failures } from '../../platform/http/index.ts'
import { MAX_NAME_LENGTH } from './contract.ts'

/**
 * The name that a file gets: as it was given, composed (NFC), with its spaces.
 *
 * @throws {AppError} INVALID_INPUT for what no file system or path could carry: nothing, `.`, `..`, a slash, control
 * characters, more than 255 characters; INVALID_TEXT for what is no Unicode text
 */
export const parseFileName = (given: string): string => parseName(given, 'file')

/** The same for a folder. */
export const parseFolderName = (given: string): string => parseName(given, 'folder')

const parseName = (given: string, kind: 'file' | 'folder'): string => {
  if (given.includes('\0') || !given.isWellFormed()) throw new AppError(Failures.INVALID_TEXT)
  const name = given.normalize('NFC')
  const problem = problemOf(name, kind)
  if (problem !== undefined) throw new AppError(Failures.INVALID_INPUT, { message: problem })
  return name
}

const problemOf = (name: string, kind: 'file' | 'folder'): string | undefined => {
  if (name.trim() === '') return `A ${kind} needs a name.`
  if (name === '.' || name === '..') return `A ${kind} cannot be called . or ..`
  if (name.includes('/')) return `A ${kind} name cannot contain a slash.`
  if (/\p{Cc}/u.test(name)) return `A ${kind} name cannot contain control characters.`
  if (lengthOf(name) > MAX_NAME_LENGTH) return `A ${kind} name can have at most ${MAX_NAME_LENGTH} characters.`
  return undefined
}

const lengthOf = (text: string): number => [...text].length

/**
 * What two names have in common that differ in case or composition only; also what a search looks for. The databases
 * are not asked to do this: SQLite folds ASCII only, and PostgreSQL by its locale.
 */
export const nameKey = (name: string): string =>
  name
    .normalize('NFC')
    // Through capitals, so that ß becomes ss. A dotless i has the capital of another letter and stays what it is.
    .replace(/[^ı]+/gu, (run) => run.toUpperCase().toLowerCase())
    // A sigma looks different at the end of a word, which the middle of a search does not know.
    .replaceAll('ς', 'σ')
    .normalize('NFC')

// What is longer behind the last dot is not an extension but a part of the name.
const MAX_EXTENSION_LENGTH = 32

/** @returns `report (2).pdf` for the second of `report.pdf`; never too long. What a folder is called has no extension. */
export const numberedName = (name: string, number: number, kind: 'file' | 'folder' = 'file'): string => {
  const dot = name.lastIndexOf('.')
  const isExtension = kind === 'file' && dot > 0 && lengthOf(name.slice(dot)) <= MAX_EXTENSION_LENGTH
  const [stem, extension] = isExtension ? [name.slice(0, dot), name.slice(dot)] : [name, '']
  const ending = ` (${number})${extension}`
  return `${[...stem].slice(0, MAX_NAME_LENGTH - lengthOf(ending)).join('')}${ending}`
}
