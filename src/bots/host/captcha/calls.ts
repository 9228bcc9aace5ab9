import { declare, type Handler, handle } from '../declaration.ts'
import { defaulting, optional, text } from '../parameters.ts'
import type { CaptchaService } from './service.ts'

const make = declare({
  name: 'Bot.genCaptcha',
  parameters: {
    mode: defaulting(text('"number", "alphabet" or "alphanumeric".'), 'alphanumeric'),
    captcha: optional(text('The text to show, instead of a random one.')),
  },
  returns: 'dict',
  about:
    'Makes a picture of a text that people can read; send captcha_url as a photo, and keep captcha_text or captcha_id.',
  example: 'bot.sendPhoto(Bot.genCaptcha("number").captcha_url)',
})

const validate = declare({
  name: 'Bot.validateCaptcha',
  parameters: { captcha_id: text('What genCaptcha gave.'), text: text('What the user wrote.') },
  returns: 'bool',
  about: 'Whether a text is the one of the picture, whatever its case.',
  example: 'Bot.validateCaptcha(User.getData("captcha"), msg)',
})

export const captchaDeclarations = [make, validate] as const

export const captchaHandlers = (captchas: CaptchaService): Handler[] => [
  handle(make, async ({ mode, captcha }, { botId }) => {
    const { id, text, url } = captchas.make(botId, mode, captcha)
    return { captcha_id: id, captcha_text: text, captcha: text, captcha_url: url, image_url: url, length: text.length }
  }),
  handle(validate, async ({ captcha_id, text }, { botId }) => captchas.matches(botId, captcha_id, text)),
]
