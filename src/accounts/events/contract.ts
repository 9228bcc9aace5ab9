import { defineErrors } from '../../platform/errors.ts'
import { bytes, endpoint } from '../../platform/http/contract.ts'

export const EventErrors = defineErrors({
  TOO_MANY_STREAMS: [429, 'This account follows its events in too many places already. Close one of them.'],
})

/** What an event can be about. */
export const EVENT_AREAS = ['files', 'bots', 'cards', 'account'] as const
export type EventArea = (typeof EVENT_AREAS)[number]

export const followEvents = endpoint({
  method: 'GET',
  path: '/api/events',
  scope: 'any',
  by: ['session', 'key'],
  summary: 'Follow what changes in the account, as it happens',
  description: [
    'An event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html). `ready` comes first, with the',
    '`areas` that are followed: `files`, `bots` and `cards` where the caller may read them, and `account` for a session.',
    '`change` then names the `areas` in which something is different, within about two seconds, whoever changed it and',
    'in whichever process; ask the lists of that area what it was. A comment comes every 15 seconds. After a break',
    'everything may be different. An account can have 20 streams in one process.',
  ].join(' '),
  returns: [200, bytes('text/event-stream')],
  errors: EventErrors,
})

export const eventContracts = [followEvents] as const
