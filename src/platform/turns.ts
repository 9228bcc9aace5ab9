/**
 * Begins at most so many pieces of work in one turn of the event loop, in the order in which they came: a crowd that
 * comes at once is begun between the work of others and not before it. While there is no crowd, work begins at once.
 *
 * @returns What takes a piece of work. It must not throw.
 */
export const inTurns = (perTurn: number): ((work: () => void) => void) => {
  const line: (() => void)[] = []
  let begun = 0
  const begin = (work: () => void): void => {
    if (begun === 0) setImmediate(turn)
    begun += 1
    work()
  }
  const turn = (): void => {
    begun = 0
    for (let work = line.shift(); work !== undefined; work = begun < perTurn ? line.shift() : undefined) begin(work)
  }
  return (work) => {
    if (begun < perTurn && line.length === 0) begin(work)
    else line.push(work)
  }
}
