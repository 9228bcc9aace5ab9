/** What is wrong or right with a token before Telegram is asked: its number, a colon, and the secret. */
export const tokenState = (text: string): 'empty' | 'wrong' | 'right' => {
  const token = text.trim()
  if (token === '') return 'empty'
  return /^[1-9]\d{0,14}:[A-Za-z0-9_-]{29,80}$/.test(token) ? 'right' : 'wrong'
}
