import { AppError } from '../../../platform/errors.ts'
import { type Route, reply, route } from '../../../platform/http/index.ts'
import { CaptchaErrors, getCaptcha } from './contract.ts'
import type { CaptchaService } from './service.ts'

export const captchaRoutes = (captchas: CaptchaService): Route[] => [
  route(getCaptcha, async ({ params }) => {
    const picture = captchas.picture(params.captchaid)
    if (picture === undefined) throw new AppError(CaptchaErrors.CAPTCHA_NOT_FOUND)
    return reply(200, picture, { 'content-type': 'image/png', 'cache-control': 'no-store' })
  }),
]
