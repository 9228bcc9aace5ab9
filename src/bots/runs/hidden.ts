/** What stands in the record in the place of a secret. */
const MASK = '•••'
/** A shorter text would be found everywhere, and hide nothing. */
const MIN_CHARS = 4

/** Texts that a run knows and that its record must not show, however it came by them: printed, sent, in an error. */
export const hiddenTexts = () => {
  let forms: string[] = []

  const maskText = (text: string): string => forms.reduce((masked, form) => masked.replaceAll(form, MASK), text)

  const maskValue = (value: unknown): unknown => {
    if (typeof value === 'string') return maskText(value)
    if (Array.isArray(value)) return value.map(maskValue)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [maskText(name), maskValue(item)]))
  }

  return {
    add(secret: string): void {
      // As Python prints it in quotes, as JSON has it, and as it stands in an address.
      const json = JSON.stringify(secret).slice(1, -1)
      const spelled = [secret, json, encodeURIComponent(secret.toWellFormed()), ...secret.split(/\r?\n/)]
      const known = new Set([...forms, ...spelled.filter((form) => form.trim().length >= MIN_CHARS)])
      forms = [...known].toSorted((a, b) => b.length - a.length)
    },
    /** The same value, with the mask in the place of every secret. */
    mask: <T>(value: T): T => (forms.length === 0 ? value : (maskValue(value) as T)),
  }
}
