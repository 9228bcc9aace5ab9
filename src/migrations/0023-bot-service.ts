import type { ColumnTypes, Migration } from '../platform/db/index.ts'

/** What bots keep while they serve people: users, waits, timers, broadcasts, webhooks, grouped errors, figures by day. */
export const botService: Migration = {
  id: '0023-bot-service',
  up: (types) => [...users(types), ...scheduling(types), ...broadcasts(types), ...webhooks(types), ...log(types)],
}

const users = ({ text, integer }: ColumnTypes): string[] => [
  `create table bot_users (
    bot_id ${text} not null references bots (id) on delete cascade,
    user_id ${integer} not null,
    account_id ${text} not null,
    username ${text},
    first_name ${text} not null,
    last_name ${text},
    language_code ${text},
    search_text ${text} not null,
    created_at ${integer} not null,
    last_active_at ${integer} not null,
    blocked_at ${integer},
    blocked_bot_at ${integer},
    primary key (bot_id, user_id)
  )`,
  'create index bot_users_by_activity on bot_users (bot_id, last_active_at)',
  'create index bot_users_by_age on bot_users (bot_id, created_at, user_id)',
  'create index bot_users_blocked on bot_users (bot_id) where blocked_at is not null',
]

const scheduling = ({ text, integer }: ColumnTypes): string[] => [
  `create table bot_waits (
    bot_id ${text} not null references bots (id) on delete cascade,
    user_id ${integer} not null,
    chat_id ${integer} not null,
    account_id ${text} not null,
    command ${text},
    options ${text} not null,
    cancel_at_command ${integer} not null,
    set_by_update ${integer},
    claimed_by_update ${integer},
    claimed_command ${text},
    claimed_options ${text},
    created_at ${integer} not null,
    expires_at ${integer},
    primary key (bot_id, user_id, chat_id)
  )`,
  'create index bot_waits_expiring on bot_waits (expires_at) where expires_at is not null',
  `create table bot_tasks (
    id ${text} primary key,
    bot_id ${text} not null references bots (id) on delete cascade,
    account_id ${text} not null,
    state ${text} not null check (state in ('pending', 'held', 'done', 'failed', 'cancelled')),
    command ${text} not null,
    options ${text} not null,
    params ${text},
    user_id ${integer},
    chat_id ${integer},
    run_at ${integer} not null,
    run_id ${text},
    created_at ${integer} not null,
    finished_at ${integer}
  )`,
  'create index bot_tasks_by_bot on bot_tasks (bot_id, state, run_at, id)',
  'create index bot_tasks_by_creation on bot_tasks (bot_id, user_id, created_at)',
  'create index bot_tasks_finished on bot_tasks (finished_at) where finished_at is not null',
]

const broadcasts = ({ text, integer }: ColumnTypes): string[] => [
  `create table bot_broadcasts (
    id ${text} primary key,
    bot_id ${text} not null references bots (id) on delete cascade,
    account_id ${text} not null,
    state ${text} not null check (state in ('testing', 'running', 'paused', 'stopped', 'done', 'failed')),
    paused_in ${text},
    source ${text} not null,
    speed ${integer} not null,
    test_chat_id ${integer},
    callback_url ${text},
    callback_state ${text} not null,
    total ${integer} not null,
    problem ${text},
    hint ${text},
    waits_until ${integer},
    created_at ${integer} not null,
    started_at ${integer},
    finished_at ${integer}
  )`,
  'create index bot_broadcasts_by_bot on bot_broadcasts (bot_id, id)',
  `create index bot_broadcasts_open on bot_broadcasts (bot_id) where state in ('testing', 'running', 'paused')`,
  `create table bot_broadcast_recipients (
    broadcast_id ${text} not null references bot_broadcasts (id) on delete cascade,
    user_id ${integer} not null,
    outcome ${text},
    error ${text},
    primary key (broadcast_id, user_id)
  )`,
  'create index bot_broadcast_recipients_open on bot_broadcast_recipients (broadcast_id, user_id) where outcome is null',
]

const webhooks = ({ text, integer, bytes }: ColumnTypes): string[] => [
  `create table bot_webhooks (
    bot_id ${text} primary key references bots (id) on delete cascade,
    account_id ${text} not null,
    hook_id ${text} not null unique,
    secret_sealed ${bytes} not null,
    created_at ${integer} not null
  )`,
  `create table command_webhooks (
    id ${text} primary key,
    bot_id ${text} not null references bots (id) on delete cascade,
    account_id ${text} not null,
    fingerprint ${text} not null,
    command ${text} not null,
    user_id ${integer},
    chat_id ${integer},
    options ${text} not null,
    created_at ${integer} not null,
    last_used_at ${integer},
    revoked_at ${integer}
  )`,
  'create unique index command_webhooks_same on command_webhooks (bot_id, fingerprint) where revoked_at is null',
  'create index command_webhooks_by_bot on command_webhooks (bot_id, id)',
]

const log = ({ text, integer }: ColumnTypes): string[] => [
  `create table bot_errors (
    id ${text} primary key,
    bot_id ${text} not null references bots (id) on delete cascade,
    account_id ${text} not null,
    fingerprint ${text} not null,
    command ${text} not null,
    line ${integer},
    type ${text} not null,
    message ${text} not null,
    count ${integer} not null,
    last_run_id ${text} not null,
    first_seen_at ${integer} not null,
    last_seen_at ${integer} not null,
    resolved_at ${integer}
  )`,
  'create unique index bot_errors_same on bot_errors (bot_id, fingerprint)',
  'create index bot_errors_by_time on bot_errors (bot_id, last_seen_at, id)',
  `create table bot_days (
    bot_id ${text} not null references bots (id) on delete cascade,
    day ${text} not null,
    account_id ${text} not null,
    updates ${integer} not null,
    runs ${integer} not null,
    errors ${integer} not null,
    primary key (bot_id, day)
  )`,
]
