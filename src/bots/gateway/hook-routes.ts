import { type Route, route } from '../../platform/http/index.ts'
import { wrap } from '../envelope.ts'
import { receiveUpdate } from './hook-contract.ts'
import type { Hooks } from './hooks.ts'

export const hookRoutes = (hooks: Hooks): Route[] => [
  route(receiveUpdate, async ({ params, body, request }) => {
    const secret = request.headers['x-telegram-bot-api-secret-token']
    await hooks.take(params.hookid, typeof secret === 'string' ? secret : '', body)
    return wrap(true as const)
  }),
]
