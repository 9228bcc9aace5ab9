/** The usual numbers, and the one that holds now, which may be none of them; for a list to choose from. */
export const numberChoices = (usual: readonly number[], now: number) =>
  [...new Set([...usual, now])].sort((a, b) => a - b).map((n) => ({ id: String(n), name: String(n) }))
