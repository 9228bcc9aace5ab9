import { z } from 'zod'
import { defineErrors } from '../../../platform/errors.ts'
import { bytes, endpoint } from '../../../platform/http/contract.ts'

export const CaptchaErrors = defineErrors({
  CAPTCHA_NOT_FOUND: [404, 'This picture was not made here, or it is older than a day'],
})

export const getCaptcha = endpoint({
  method: 'GET',
  path: '/v2/captcha/:captchaid',
  scope: 'public',
  summary: 'The picture of a captcha that a command has made',
  params: z.object({ captchaid: z.string().max(1024) }),
  returns: [200, bytes('image/png')],
  errors: CaptchaErrors,
})

export const captchaContracts = [getCaptcha] as const
