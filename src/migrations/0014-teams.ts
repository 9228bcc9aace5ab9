import type { Migration } from '../platform/db/index.ts'

/** Invitations to a team that only one address can use. */
export const teams: Migration = {
  id: '0014-teams',
  up: ({ text }) => [
    // As it was typed, and as it is compared; null for whoever has the link.
    `alter table team_invites add column email ${text}`,
    `alter table team_invites add column email_key ${text}`,
  ],
}
