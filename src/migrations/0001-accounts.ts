import type { Migration } from '../platform/db/index.ts'

/** Accounts and everything by which somebody can be recognised, with the log of who did what. */
export const accounts: Migration = {
  id: '0001-accounts',
  up: ({ text, bytes, integer }, dialect) => [
    `create table plans (
      id ${text} primary key,
      api ${integer} not null,
      max_bytes ${integer},
      max_file_bytes ${integer},
      max_links ${integer},
      max_seats ${integer},
      max_keys ${integer},
      per_minute_cap ${integer},
      per_day ${integer}
    )`,
    `insert into plans values
      ('free', 0, 5368709120, null, 1, 1, 0, 100, 144000),
      ('pro', 0, 107374182400, null, null, 1, 0, 100, 144000),
      ('business', 1, null, null, null, 10, 10, 100, 10000),
      ('selfhost', 1, null, null, null, null, null, null, null)`,
    `create table accounts (
      id ${text} primary key,
      email ${text} not null,
      email_key ${text} not null unique,
      password_hash ${text} not null,
      token_version ${integer} not null,
      plan_id ${text} not null references plans (id),
      is_admin ${integer} not null,
      status ${text} not null,
      created_at ${integer} not null
    )`,
    `create table sessions (
      id ${text} primary key,
      account_id ${text} not null references accounts (id),
      created_at ${integer} not null,
      expires_at ${integer} not null,
      ip ${text} not null,
      user_agent ${text} not null,
      revoked_at ${integer}
    )`,
    'create index sessions_by_account on sessions (account_id, created_at)',
    `create table api_keys (
      id ${text} primary key,
      account_id ${text} not null references accounts (id),
      kind ${text} not null,
      hash ${bytes} not null unique,
      prefix ${text} not null,
      last4 ${text} not null,
      name ${text} not null,
      scopes ${integer} not null,
      rate_limit ${integer},
      created_at ${integer} not null,
      created_via ${text} not null,
      expires_at ${integer},
      revoked_at ${integer},
      revoke_reason ${text},
      replaced_by ${text},
      last_used_at ${integer},
      last_used_ip ${text},
      uses ${integer} not null,
      uses_in_url ${integer} not null
    )`,
    'create index api_keys_by_account on api_keys (account_id, created_at)',
    // One live key of these kinds per account, whatever runs at the same time.
    `create unique index api_keys_single on api_keys (account_id, kind) where kind <> 'files' and revoked_at is null`,
    `create table devices (
      id ${text} primary key,
      account_id ${text} not null references accounts (id),
      name ${text} not null,
      hwid_hash ${bytes} not null unique,
      created_at ${integer} not null,
      last_used_at ${integer},
      revoked_at ${integer}
    )`,
    'create index devices_by_account on devices (account_id, created_at)',
    `create table one_time_codes (
      hash ${bytes} primary key,
      purpose ${text} not null,
      account_id ${text} references accounts (id),
      data ${text} not null,
      created_at ${integer} not null,
      expires_at ${integer} not null,
      used_at ${integer}
    )`,
    `create table quota_reservations (
      subject ${text} not null,
      policy ${text} not null,
      day ${integer} not null,
      reserved ${integer} not null,
      primary key (subject, policy, day)
    )`,
    `create table rate_windows (
      subject ${text} not null,
      policy ${text} not null,
      snapshot ${text} not null,
      expires_at ${integer} not null,
      primary key (subject, policy)
    )`,
    `create table audit_log (
      seq ${integer} primary key,
      at ${integer} not null,
      account_id ${text} not null,
      actor ${text} not null,
      action ${text} not null,
      target ${text} not null,
      data ${text} not null,
      previous_hash ${bytes} not null,
      hash ${bytes} not null
    )`,
    'create index audit_log_by_account on audit_log (account_id, seq)',
    ...(dialect === 'sqlite' ? sqliteAppendOnly : postgresAppendOnly),
  ],
}

const sqliteAppendOnly = ['update', 'delete'].map(
  (verb) =>
    `create trigger audit_log_no_${verb} before ${verb} on audit_log begin select raise(abort, 'the audit log is append-only'); end`,
)

const postgresAppendOnly = [
  `create function audit_log_append_only() returns trigger language plpgsql as
    $$ begin raise exception 'the audit log is append-only'; end $$`,
  `create trigger audit_log_no_change before update or delete or truncate on audit_log
    execute function audit_log_append_only()`,
]
