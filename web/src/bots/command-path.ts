/** The name of a command as addresses carry it: base64 of its UTF-8, URL-safe, without padding. */
export const encodeName = (name: string): string => {
  const binary = Array.from(new TextEncoder().encode(name), (byte) => String.fromCharCode(byte)).join('')
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** What names a command in a path, under both of the spellings that endpoints have for it. */
export const commandPath = (botid: string, name: string) => ({
  botid,
  command: encodeName(name),
  '*': encodeName(name),
})
