import { createHash } from 'node:crypto'

/**
 * What a secret looks like, whoever wrote it down: our API keys in their three forms, session tokens, Telegram bot
 * tokens, database passwords, and the values of fields and headers that carry credentials.
 */
const SECRETS: readonly RegExp[] = [
  /\btk_(?:live|test)_[0-9A-Za-z]{8,}/g,
  /\btbc_(?:live|test)_[0-9A-Za-z]{8,}/g,
  /\bteakapi_[0-9A-Za-z_]{16,}/g,
  /\beyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]*/g,
  /\b\d{5,14}:[0-9A-Za-z_-]{30,}/g,
  /(?<=:\/\/[^\s:/@"]{0,64}:)[^\s@"]+(?=@)/g,
  /(?<=[?&]api_key=)[^\s&"\\]+/gi,
  /(?<="(?:authorization|x-api-key|x-hwid|cookie|set-cookie|api_key|password|bot_token|new_token|token|pairing_code|hwid)":")(?:[^"\\]|\\.)+/gi,
]

/** @returns `text` with every secret replaced by its first characters and a short digest, which still tells two apart. */
export const redact = (text: string): string => {
  let clean = text
  for (const pattern of SECRETS) clean = clean.replace(pattern, mask)
  return clean
}

const mask = (secret: string): string => {
  const visible = /^(tk_live_|tk_test_|tbc_live_|teakapi_)/.exec(secret)?.[0] ?? ''
  return `${visible}[redacted ${createHash('sha256').update(secret).digest('hex').slice(0, 4)}]`
}
