import { HostCallError } from '../sandbox/index.ts'

/** Everything that one run holds in memory outside of Python. */
const MAX_BYTES = 64 * 1024 * 1024
const MAX_FILES = 200

export type RunFiles = ReturnType<typeof runFiles>

/** Bytes that a run passes between Python and the server, by number. They are gone with the run. */
export const runFiles = () => {
  const files: Buffer[][] = []
  let heldBytes = 0

  const get = (number: number): Buffer => {
    const pieces = files[number]
    if (pieces === undefined) throw new HostCallError('there is no such file in this run', { kind: 'ValueError' })
    const whole = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
    files[number] = [whole]
    return whole
  }

  return {
    /** @throws {HostCallError} when the run holds too much already. @returns The number of the file. */
    put(piece: Buffer, into: number | null = null): number {
      heldBytes += piece.length
      if (heldBytes > MAX_BYTES || files.length >= MAX_FILES)
        throw new HostCallError('the files of this run are too large', { kind: 'ValueError' })
      if (into === null) return files.push([piece]) - 1
      const pieces = files[into]
      if (pieces === undefined) throw new HostCallError('there is no such file in this run', { kind: 'ValueError' })
      pieces.push(piece)
      return into
    },
    get,
  }
}
