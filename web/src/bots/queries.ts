import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { getBot, getWebhookHealth, listBotFolders, listDeletedBots } from '../../../src/bots/bots/contract.ts'
import { listBroadcasts } from '../../../src/bots/broadcasts/contract.ts'
import { getCommand, listCommands } from '../../../src/bots/commands/contract.ts'
import {
  getCommandVersion,
  listCommandVersions,
  listDeletedCommands,
} from '../../../src/bots/commands/history-contract.ts'
import { listBotData, listDataUsers, listUserData } from '../../../src/bots/data/contract.ts'
import { getLanguage, type Language } from '../../../src/bots/host/language/contract.ts'
import { getStatistics, listBotErrors } from '../../../src/bots/log/contract.ts'
import { listRuns } from '../../../src/bots/runs/contract.ts'
import { listSecrets } from '../../../src/bots/secrets/contract.ts'
import { getBotSettings } from '../../../src/bots/settings/contract.ts'
import { listSnapshots } from '../../../src/bots/snapshots/contract.ts'
import { listTemplates } from '../../../src/bots/templates/contract.ts'
import { listTests } from '../../../src/bots/tests/contract.ts'
import { listTasks } from '../../../src/bots/timers/contract.ts'
import { countBotUsers, listBotUsers, type UserFilter } from '../../../src/bots/users/contract.ts'
import { listWaits } from '../../../src/bots/waits/contract.ts'
import { listWebhooks } from '../../../src/bots/webhooks/contract.ts'
import { api } from '../api.ts'
import { allBots } from '../app/finding.ts'
import { commandPath } from './command-path.ts'

// Every key begins with the area, so that the account's live events refresh what is in sight.

export type BotCommand = Awaited<ReturnType<typeof callCommands>>['commands'][number]

const callCommands = (botid: string, signal: AbortSignal) => api.call(listCommands, { params: { botid }, signal })

export const botsQuery = allBots

export const botQuery = (botid: string) =>
  queryOptions({
    queryKey: ['bots', 'bot', botid],
    queryFn: async ({ signal }) => (await api.call(getBot, { params: { botid }, signal })).result,
  })

export const botFoldersQuery = queryOptions({
  queryKey: ['bots', 'folders'],
  queryFn: async ({ signal }) => (await api.call(listBotFolders, { signal })).folders,
})

/** Bots that somebody has written already. */
export const templatesQuery = queryOptions({
  queryKey: ['bots', 'templates'],
  queryFn: async ({ signal }) => (await api.call(listTemplates, { signal })).result,
  retry: false,
})

export const deletedBotsQuery = queryOptions({
  queryKey: ['bots', 'trash'],
  queryFn: async ({ signal }) => (await api.call(listDeletedBots, { signal })).result,
})

export const commandsQuery = (botid: string) =>
  queryOptions({
    queryKey: ['bots', 'commands', botid],
    queryFn: async ({ signal }) => (await callCommands(botid, signal)).commands,
  })

/** The code of a command as the server has it, with what a save says about it. */
export interface SavedCommand {
  readonly code: string
  /** For `If-Match`. */
  readonly etag: string
}

export const readCommand = async (botid: string, name: string, signal?: AbortSignal): Promise<SavedCommand> => {
  const response = await api.raw(getCommand, { params: commandPath(botid, name), signal })
  const { command }: { command: { code: string } } = await response.json()
  return { code: command.code, etag: response.headers.get('etag') ?? '' }
}

export const commandQuery = (botid: string, name: string) =>
  queryOptions({
    queryKey: ['bots', 'command', botid, name],
    queryFn: ({ signal }) => readCommand(botid, name, signal),
  })

export const versionsQuery = (botid: string, name: string) =>
  queryOptions({
    queryKey: ['bots', 'versions', botid, name],
    queryFn: async ({ signal }) =>
      (await api.call(listCommandVersions, { params: commandPath(botid, name), signal })).result,
  })

export const versionQuery = (botid: string, name: string, version: number) =>
  queryOptions({
    queryKey: ['bots', 'version', botid, name, version],
    queryFn: async ({ signal }) => {
      const params = { ...commandPath(botid, name), version: String(version) }
      return (await api.call(getCommandVersion, { params, signal })).result
    },
    staleTime: Number.POSITIVE_INFINITY,
  })

export const deletedCommandsQuery = (botid: string) =>
  queryOptions({
    queryKey: ['bots', 'deleted commands', botid],
    queryFn: async ({ signal }) => (await api.call(listDeletedCommands, { params: { botid }, signal })).result,
  })

/** What the code of commands can use; the same for all bots, and for as long as the server runs. */
export const languageQuery = queryOptions({
  queryKey: ['bots', 'language'],
  queryFn: async ({ signal }): Promise<Language> => (await api.call(getLanguage, { signal })).result,
  staleTime: Number.POSITIVE_INFINITY,
  retry: false,
})

export const runsQuery = (botid: string) =>
  queryOptions({
    // Not below `bots`: the log follows runs by itself, and must not begin anew with every change of the account.
    queryKey: ['runs', botid],
    queryFn: async ({ signal }) =>
      (await api.call(listRuns, { params: { botid }, query: { limit: '50' }, signal })).result.runs,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })

export type ErrorState = 'open' | 'resolved' | 'all'

export const errorsQuery = (botid: string, state: ErrorState) =>
  infiniteQueryOptions({
    queryKey: ['bots', 'errors', botid, state],
    queryFn: async ({ pageParam, signal }) => {
      const query = { state, ...(pageParam === '' ? {} : { cursor: pageParam }) }
      return (await api.call(listBotErrors, { params: { botid }, query, signal })).result
    },
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
  })

const callStatistics = async (botid: string, days: number, signal: AbortSignal) =>
  (await api.call(getStatistics, { params: { botid }, query: { days: String(days) }, signal })).result
export type Statistics = Awaited<ReturnType<typeof callStatistics>>

export const statisticsQuery = (botid: string, days: number) =>
  queryOptions({
    queryKey: ['bots', 'statistics', botid, days],
    queryFn: ({ signal }) => callStatistics(botid, days, signal),
  })

export const usersQuery = (botid: string, filter: UserFilter, search: string) =>
  infiniteQueryOptions({
    queryKey: ['bots', 'users', botid, filter, search],
    queryFn: async ({ pageParam, signal }) => {
      const query = {
        filter,
        ...(search === '' ? {} : { search }),
        ...(pageParam === '' ? {} : { cursor: pageParam }),
      }
      return (await api.call(listBotUsers, { params: { botid }, query, signal })).result
    },
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
  })

export const userCountQuery = (botid: string) =>
  queryOptions({
    queryKey: ['bots', 'user count', botid],
    queryFn: async ({ signal }) => (await api.call(countBotUsers, { params: { botid }, signal })).result,
  })

/** @param user Whose values; undefined for those of the bot itself. */
export const dataQuery = (botid: string, user: string | undefined, prefix: string) =>
  infiniteQueryOptions({
    queryKey: ['bots', 'data', botid, user ?? '', prefix],
    queryFn: async ({ pageParam, signal }) => {
      const query = { prefix, ...(pageParam === '' ? {} : { after: pageParam }) }
      return user === undefined
        ? (await api.call(listBotData, { params: { botid }, query, signal })).result
        : (await api.call(listUserData, { params: { botid, userid: user }, query, signal })).result
    },
    initialPageParam: '',
    getNextPageParam: (page) => page.next_after,
  })

export const dataUsersQuery = (botid: string) =>
  infiniteQueryOptions({
    queryKey: ['bots', 'data users', botid],
    queryFn: async ({ pageParam, signal }) => {
      const query = pageParam === '' ? {} : { after: pageParam }
      return (await api.call(listDataUsers, { params: { botid }, query, signal })).result
    },
    initialPageParam: '',
    getNextPageParam: (page) => page.next_after,
  })

const OPEN: ReadonlySet<string> = new Set(['testing', 'running'])

export const broadcastsQuery = (botid: string) =>
  queryOptions({
    queryKey: ['bots', 'broadcasts', botid],
    queryFn: async ({ signal }) =>
      (await api.call(listBroadcasts, { params: { botid }, query: { limit: '50' }, signal })).result.broadcasts,
    // While one is under way its progress is looked at.
    refetchInterval: ({ state }) => (state.data?.some((each) => OPEN.has(each.state)) === true ? 2_000 : false),
  })

export const tasksQuery = (botid: string, state: 'waiting' | 'finished') =>
  infiniteQueryOptions({
    queryKey: ['bots', 'tasks', botid, state],
    queryFn: async ({ pageParam, signal }) => {
      const query = { state, ...(pageParam === '' ? {} : { cursor: pageParam }) }
      return (await api.call(listTasks, { params: { botid }, query, signal })).result
    },
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
  })

export const waitsQuery = (botid: string) =>
  queryOptions({
    queryKey: ['bots', 'waits', botid],
    queryFn: async ({ signal }) => (await api.call(listWaits, { params: { botid }, signal })).result,
  })

export const webhooksQuery = (botid: string) =>
  infiniteQueryOptions({
    queryKey: ['bots', 'webhooks', botid],
    queryFn: async ({ pageParam, signal }) => {
      const query = pageParam === '' ? {} : { before: pageParam }
      return (await api.call(listWebhooks, { params: { botid }, query, signal })).result
    },
    initialPageParam: '',
    getNextPageParam: (page) => page.next_before,
  })

export const testsQuery = (botid: string) =>
  queryOptions({
    queryKey: ['bots', 'tests', botid],
    queryFn: async ({ signal }) => (await api.call(listTests, { params: { botid }, signal })).result.tests,
  })

export const settingsQuery = (botid: string) =>
  queryOptions({
    queryKey: ['bots', 'settings', botid],
    queryFn: async ({ signal }) => (await api.call(getBotSettings, { params: { botid }, signal })).result,
  })

export const secretsQuery = (botid: string) =>
  queryOptions({
    queryKey: ['bots', 'secrets', botid],
    queryFn: async ({ signal }) => (await api.call(listSecrets, { params: { botid }, signal })).result,
  })

export const snapshotsQuery = (botid: string) =>
  queryOptions({
    queryKey: ['bots', 'snapshots', botid],
    queryFn: async ({ signal }) => (await api.call(listSnapshots, { params: { botid }, signal })).result,
  })

/** What Telegram says of how a bot gets its updates; only of bots with a token. */
export const webhookHealthQuery = (botid: string) =>
  queryOptions({
    queryKey: ['bots', 'webhook health', botid],
    queryFn: async ({ signal }) => (await api.call(getWebhookHealth, { params: { botid }, signal })).result,
  })
