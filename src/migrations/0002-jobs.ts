import type { Migration } from '../platform/db/index.ts'

export const jobs: Migration = {
  id: '0002-jobs',
  up: ({ text, integer }) => [
    `create table jobs (
      id ${text} primary key,
      name ${text} not null,
      key ${text},
      state ${text} not null check (state in ('ready', 'delayed', 'running', 'dead')),
      priority ${integer} not null,
      run_at ${integer} not null,
      attempts ${integer} not null,
      max_attempts ${integer} not null,
      payload ${text} not null,
      lease_owner ${text},
      lease_token ${text},
      lease_until ${integer},
      last_error ${text},
      created_at ${integer} not null,
      started_at ${integer},
      finished_at ${integer}
    )`,
    // One index per question, each over the rows of one state: a hundred thousand delayed jobs cost a claim nothing.
    `create index jobs_ready on jobs (name, priority desc, run_at, id) where state = 'ready'`,
    `create index jobs_delayed on jobs (run_at) where state = 'delayed'`,
    `create index jobs_running on jobs (lease_until) where state = 'running'`,
    `create index jobs_dead on jobs (finished_at) where state = 'dead'`,
    `create index jobs_key on jobs (name, key) where key is not null`,
    // Of jobs that never started, not of all that wait: a failed job that comes back must not collide with its successor.
    `create unique index jobs_unstarted_key on jobs (name, key) where started_at is null`,
    `create table leases (
      name ${text} primary key,
      owner ${text},
      fence ${integer} not null,
      held_until ${integer} not null
    )`,
  ],
}
