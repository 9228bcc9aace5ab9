const SAMPLE: Readonly<Record<string, string>> = {
  user_name: 'Ada Lovelace',
  first_name: 'Ada',
  username: 'ada',
  user_id: '1000001',
  chat_id: '1000001',
}

/** A text of a broadcast as one person would get it. */
export const filledIn = (text: string): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => SAMPLE[name] ?? whole)

/** @returns undefined for what is no JSON object. */
export const objectOf = (text: string): Record<string, never> | undefined => {
  try {
    const value: unknown = JSON.parse(text.trim() || '{}')
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, never>)
      : undefined
  } catch {
    return undefined
  }
}
