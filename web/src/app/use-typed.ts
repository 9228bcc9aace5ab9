import { useEffect, useEffectEvent, useState } from 'react'
import { asking, heard, typedFrom } from './typed.ts'

const PAUSE_MS = 150

/**
 * A text that is typed, and that the address follows when the typing pauses.
 *
 * @param said As the address has it.
 * @param onAsk Makes it the address's.
 */
export const useTyped = (said: string, onAsk: (text: string) => void) => {
  const [before, setTyped] = useState(() => typedFrom(said))
  const typed = heard(before, said)
  if (typed !== before) setTyped(typed)
  const wanted = typed.text.trim()
  const last = typed.asked.at(-1) ?? said
  const isFollowed = wanted === last
  const ask = (text = typed.text): void => {
    const next = text.trim()
    setTyped((now) => (next === last ? { ...now, text } : asking({ ...now, text }, next)))
    if (next !== last) onAsk(next)
  }
  const follow = useEffectEvent(() => ask())
  // biome-ignore lint/correctness/useExhaustiveDependencies: the pause begins anew with each letter.
  useEffect(() => {
    if (isFollowed) return
    const timer = setTimeout(follow, PAUSE_MS)
    return () => clearTimeout(timer)
  }, [isFollowed, wanted])
  return {
    text: typed.text,
    setText: (text: string): void => setTyped((now) => ({ ...now, text })),
    /** Does not wait for the pause; with a text, that becomes what is typed. */
    ask,
  }
}
