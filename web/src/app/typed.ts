/** A text that somebody types, and that the address follows. */
export interface Typed {
  readonly text: string
  /** As the address has it. */
  readonly said: string
  /** What the address was asked to become and has not yet become, in that order. */
  readonly asked: readonly string[]
}

export const typedFrom = (said: string): Typed => ({ text: said, said, asked: [] })

/**
 * The address has become something. What was asked for here may come late, when more has been typed already, and takes
 * nothing of that away; everything else comes from elsewhere, as by the way back, and is what the text is now.
 */
export const heard = (typed: Typed, said: string): Typed => {
  if (said === typed.said) return typed
  const at = typed.asked.indexOf(said)
  if (at >= 0) return { ...typed, said, asked: typed.asked.slice(at + 1) }
  return typed.text.trim() === said ? { ...typed, said, asked: [] } : typedFrom(said)
}

export const asking = (typed: Typed, wanted: string): Typed => ({ ...typed, asked: [...typed.asked, wanted] })
