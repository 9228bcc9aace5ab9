import type { Migration } from '../platform/db/index.ts'

/** Programs that people let into their account by signing in, and the tokens those hold. */
export const oauth: Migration = {
  id: '0017-oauth',
  up: ({ text, bytes, integer }) => [
    `create table oauth_clients (
      id ${text} primary key,
      name ${text},
      uri ${text},
      redirect_uris ${text} not null,
      can_refresh ${integer} not null,
      created_at ${integer} not null
    )`,
    // The client is no reference: those that come with the server are in no table.
    `create table oauth_grants (
      id ${text} primary key,
      account_id ${text} not null references accounts (id),
      client_id ${text} not null,
      client_name ${text} not null,
      redirect_uri ${text} not null,
      scopes ${text} not null,
      resource ${text},
      created_at ${integer} not null,
      expires_at ${integer} not null,
      last_used_at ${integer} not null,
      revoked_at ${integer},
      revoke_reason ${text}
    )`,
    'create index oauth_grants_by_account on oauth_grants (account_id, created_at)',
    'create index oauth_grants_by_client on oauth_grants (client_id)',
    `create table oauth_codes (
      hash ${bytes} primary key,
      account_id ${text} not null references accounts (id),
      session_id ${text} not null,
      client_id ${text} not null,
      client_name ${text} not null,
      can_refresh ${integer} not null,
      redirect_uri ${text} not null,
      scopes ${text} not null,
      resource ${text},
      challenge ${text} not null,
      expires_at ${integer} not null,
      used_at ${integer},
      grant_id ${text}
    )`,
    'create index oauth_codes_by_expiry on oauth_codes (expires_at)',
    // Those that were used stay: who sends one again has stolen it, or was stolen from.
    `create table oauth_refresh_tokens (
      hash ${bytes} primary key,
      grant_id ${text} not null references oauth_grants (id) on delete cascade,
      created_at ${integer} not null,
      used_at ${integer}
    )`,
    'create index oauth_refresh_tokens_by_grant on oauth_refresh_tokens (grant_id)',
    `alter table api_keys add column grant_id ${text}`,
    `alter table api_keys add column grant_scopes ${text}`,
    'create index api_keys_by_grant on api_keys (grant_id) where grant_id is not null',
    // One live key of a kind is a rule of these two kinds, and not of every new one.
    'drop index api_keys_single',
    `create unique index api_keys_single on api_keys (account_id, kind)
      where kind in ('bots', 'cards') and revoked_at is null`,
  ],
}
