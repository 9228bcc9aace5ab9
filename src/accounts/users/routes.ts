import { type Caller, type Route, reply, route } from '../../platform/http/index.ts'
import { cookieHeaders, visitorOf } from '../sessions/routes.ts'
import { changePassword, createInvite, deleteAccount, getAccount, listAudit, setUp, signUp } from './contract.ts'
import { toAccount, type UserService } from './service.ts'

const actor = ({ kind, credentialId }: Caller): string => `${kind}:${credentialId}`

/** @param secure Whether people reach the server over https. */
export const userRoutes = (users: UserService, secure: () => boolean): Route[] => [
  route(setUp, async ({ body, request }) => {
    const started = await users.setUp(body.token, body.email, body.password, visitorOf(request))
    return reply(201, { account: toAccount(started.account) }, cookieHeaders(started, secure()))
  }),
  route(signUp, async ({ body, request }) => {
    await users.signUp(body.email, body.password, body.invite, request.ip)
    return { success: true as const }
  }),
  route(createInvite, async ({ caller }) => {
    const { invite, expiresAt } = await users.createInvite(caller.accountId, actor(caller))
    return { invite, expires_at: new Date(expiresAt).toISOString() }
  }),
  route(getAccount, async ({ caller }) => ({ account: toAccount(await users.get(caller.accountId)) })),
  route(changePassword, async ({ caller, body, request }) => {
    const { current_password, new_password } = body
    const started = await users.changePassword(
      caller.accountId,
      actor(caller),
      current_password,
      new_password,
      visitorOf(request),
    )
    return reply(200, { success: true as const }, cookieHeaders(started, secure()))
  }),
  route(deleteAccount, async ({ caller, body, request }) => {
    await users.remove(caller.accountId, actor(caller), body.password, request.ip)
    return { success: true as const }
  }),
  route(listAudit, ({ caller, query: { limit, before, action, actor, since, until } }) =>
    users.auditPage(caller.accountId, limit, before, {
      action,
      actor,
      sinceMs: since === undefined ? undefined : Date.parse(since),
      untilMs: until === undefined ? undefined : Date.parse(until),
    }),
  ),
]
