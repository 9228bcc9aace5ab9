import { type RequestInfo, type Route, reply, route } from '../../platform/http/index.ts'
import { toAccount } from '../users/service.ts'
import { endAllSessions, endSession, listSessions, signIn, signOut } from './contract.ts'
import { sessionCookies } from './cookie.ts'
import type { SessionService, StartedSession, Visitor } from './service.ts'

export const visitorOf = (request: RequestInfo): Visitor => ({
  ip: request.ip,
  userAgent: request.headers['user-agent'] ?? '',
})

/** Headers that hand a new session to the browser. */
export const cookieHeaders = ({ token, maxAgeSeconds }: StartedSession, secure: boolean) => ({
  'set-cookie': sessionCookies(token, maxAgeSeconds, secure),
})

/** @param secure Whether people reach the server over https. */
export const sessionRoutes = (sessions: SessionService, secure: () => boolean): Route[] => {
  const cleared = () => ({ 'set-cookie': sessionCookies(null, 0, secure()) })
  return [
    route(signIn, async ({ body, request }) => {
      const started = await sessions.signIn(body.email, body.password, body.remember_me, visitorOf(request))
      return reply(200, { account: toAccount(started.account) }, cookieHeaders(started, secure()))
    }),
    route(signOut, async ({ caller }) => {
      await sessions.end(caller.accountId, `session:${caller.credentialId}`, caller.credentialId)
      return reply(200, { success: true as const }, cleared())
    }),
    route(listSessions, async ({ caller }) => {
      const rows = await sessions.list(caller.accountId)
      return {
        sessions: rows.map((row) => ({
          ...row,
          current: row.id === caller.credentialId,
          created_at: new Date(row.created_at).toISOString(),
          expires_at: new Date(row.expires_at).toISOString(),
        })),
      }
    }),
    route(endSession, async ({ caller, params }) => {
      await sessions.end(caller.accountId, `session:${caller.credentialId}`, params.id)
      return { success: true as const }
    }),
    route(endAllSessions, async ({ caller }) => {
      await sessions.end(caller.accountId, `session:${caller.credentialId}`, 'all')
      return reply(200, { success: true as const }, cleared())
    }),
  ]
}
