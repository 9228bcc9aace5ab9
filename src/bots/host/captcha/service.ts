import { randomInt } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from '../../../platform/clock.ts'
import type { Sealer } from '../../../platform/sealed.ts'
import { CAPTCHA_LETTERS, captchaPicture } from './picture.ts'

const PATH = '/v2/captcha/'
const CONTEXT = 'captcha'
const LIFE_MS = 24 * 3_600_000
const LENGTH = 6
const MAX_LENGTH = 12
/** Without letters and digits that look alike. */
const CLEAR = 'ABCDEFGHJKMNPQRTUVWXY346789'
const DIGITS = '0123456789'

const Sealed = z.object({ text: z.string(), bot: z.string(), until: z.number() })

export type CaptchaService = ReturnType<typeof captchaService>

export interface CaptchaOptions {
  readonly sealer: Sealer
  readonly clock: Clock
  readonly publicUrl: () => string
}

/** Pictures of text, for people to prove that they are some. Nothing is stored: the id is the sealed answer. */
export const captchaService = ({ sealer, clock, publicUrl }: CaptchaOptions) => {
  const open = (id: string): z.infer<typeof Sealed> | undefined => {
    try {
      const sealed = Sealed.parse(JSON.parse(sealer.open(Buffer.from(id, 'base64url'), CONTEXT)))
      return sealed.until > clock.now().getTime() ? sealed : undefined
    } catch {
      // Whatever does not open was not made here.
      return undefined
    }
  }

  return {
    /** @param text Instead of a random one; only letters and digits of it are shown. */
    make(botId: string, mode: string, text: string | null) {
      const shown = text === null ? randomText(mode) : readable(text)
      const until = clock.now().getTime() + LIFE_MS
      const id = sealer.seal(JSON.stringify({ text: shown, bot: botId, until }), CONTEXT).toString('base64url')
      return { id, text: shown, url: `${publicUrl()}${PATH}${id}` }
    },
    /** Ignores case and spaces. */
    matches(botId: string, id: string, text: string): boolean {
      const sealed = open(id)
      return sealed !== undefined && sealed.bot === botId && sealed.text === readable(text)
    },
    /** @returns The PNG, or undefined for an id that was not made here or is too old. */
    picture(id: string): Buffer | undefined {
      const sealed = open(id)
      return sealed && captchaPicture(sealed.text)
    },
    /** @returns The PNG of an address that `make` gave. */
    pictureAt(url: string): Buffer | undefined {
      const start = `${publicUrl()}${PATH}`
      return url.startsWith(start) ? this.picture(url.slice(start.length)) : undefined
    },
  }
}

const readable = (text: string): string =>
  [...text.toUpperCase()]
    .filter((letter) => CAPTCHA_LETTERS.includes(letter))
    .slice(0, MAX_LENGTH)
    .join('')

const randomText = (mode: string): string => {
  const letters = /^(num|digit)/i.test(mode)
    ? DIGITS
    : /^(alpha(bet)?s?|letters?)$/i.test(mode)
      ? CLEAR.slice(0, 21)
      : CLEAR
  return Array.from({ length: LENGTH }, () => letters[randomInt(letters.length)]).join('')
}
