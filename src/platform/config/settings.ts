import { isIP } from 'node:net'
import { z } from 'zod'
import { LOG_LEVELS } from '../log/index.ts'

const boolean = z
  .enum(['true', 'false', '1', '0', 'yes', 'no'])
  .transform((word) => ['true', '1', 'yes'].includes(word))
const count = (least: number, most: number) => z.coerce.number<string>().int().min(least).max(most)
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
)
const webUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
  .transform((url) => url.replace(/\/+$/, ''))

const network = (text: string): boolean => {
  const [address = '', bits, ...rest] = text.split('/')
  return rest.length === 0 && isIP(address) !== 0 && (bits === undefined || /^\d{1,3}$/.test(bits))
}

// Also of an app or an extension: `chrome-extension://…`. Neither `*` nor `null`, which anybody can be.
const isOrigin = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*\\]+$/.test(text)

/** One setting: its environment variable is `LATCHKEY_` and the name; the same with `_FILE` names a file that holds it. */
export interface Setting<T extends z.ZodType = z.ZodType> {
  readonly schema: T
  /** As it would be written in the environment; undefined when nothing is the default. */
  readonly default: string | undefined
  readonly about: string
  readonly secret?: true
}

const setting = <T extends z.ZodType>(schema: T, fallback: string | undefined, about: string): Setting<T> => ({
  schema,
  default: fallback,
  about,
})
const secret = <T extends z.ZodType>(schema: T, about: string): Setting<T> => ({
  schema,
  default: undefined,
  about,
  secret: true,
})

/** Everything that can be set, with what it means: the start reads it, and `docs/configuration.md` is made from it. */
export const SETTINGS = {
  HOST: setting(z.string().min(1), '127.0.0.1', 'Address to listen on. `0.0.0.0` opens the server to the network.'),
  PORT: setting(count(0, 65535), '5282', 'Port to listen on; 0 takes any free one.'),
  DATA_DIR: setting(
    z.string().min(1),
    './data',
    'Folder for the database, the secrets and the bytes. Created with mode 0700.',
  ),
  CACHE_DIR: setting(
    z.string().min(1).optional(),
    undefined,
    'Folder for what can be made again, such as the memory image of Python. Default: `cache` in the data folder.',
  ),
  PUBLIC_URL: setting(webUrl, undefined, 'The address under which people reach the server. Default: host and port.'),
  DATABASE_URL: secret(
    z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// address' }).optional(),
    'PostgreSQL to use instead of the SQLite file in the data folder.',
  ),
  REDIS_URL: secret(
    z.url({ protocol: /^rediss?$/, error: 'must be a redis:// address' }).optional(),
    'Redis or Valkey: exact limits and immediate revocation over several processes.',
  ),
  REDIS_NODES: setting(
    count(1, 1000),
    '2',
    'Processes that share the limits: while Redis is away each keeps to its part of them.',
  ),
  S3_ENDPOINT: setting(
    webUrl.optional(),
    undefined,
    'Where S3 is, such as `https://s3.eu-central-1.amazonaws.com`. With it go the bucket and the two keys.',
  ),
  S3_BUCKET: setting(
    z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/, 'must be the name of a bucket')
      .optional(),
    undefined,
    'The bucket for the bytes. It must exist.',
  ),
  S3_REGION: setting(
    z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'must be the name of a region'),
    'us-east-1',
    'Its region.',
  ),
  S3_ACCESS_KEY_ID: secret(
    z.string().min(1).optional(),
    'Key that may list the bucket, and get, put and delete its objects.',
  ),
  S3_SECRET_ACCESS_KEY: secret(z.string().min(1).optional(), 'The secret of that key.'),
  S3_SESSION_TOKEN: secret(z.string().min(1).optional(), 'Of temporary credentials.'),
  S3_PREFIX: setting(
    z.string().regex(/^(?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/)*$/, 'must be names, each followed by a slash'),
    'latchkey/',
    'Goes in front of every key in the bucket. Nothing else may be put there.',
  ),
  S3_FORCE_PATH_STYLE: setting(
    boolean,
    'true',
    'Whether the bucket is in the path. `false` puts it in front of the host name.',
  ),
  SQLITE_SYNC: setting(
    z.enum(['FULL', 'NORMAL']),
    'FULL',
    '`FULL` survives a power cut; `NORMAL` survives a crash and writes faster.',
  ),
  SESSION_SECRET: secret(
    z.string().min(32).optional(),
    'Signs session cookies. Default: made at the first start, kept in the data folder.',
  ),
  KEY_PEPPER: secret(
    z.string().min(32).optional(),
    'Keys the hashes of API keys. Default: made at the first start, kept in the data folder.',
  ),
  ENCRYPTION_KEY: secret(
    z.string().min(32).optional(),
    'Encrypts bot tokens at rest. Default: made at the first start, kept in the data folder.',
  ),
  OPEN_SIGNUP: setting(boolean, 'false', 'Whether anybody may create an account. Otherwise people need an invite.'),
  TRUSTED_PROXIES: setting(
    list.refine((items) => items.every(network), 'must be addresses or networks, separated by commas'),
    '',
    'Proxies whose `X-Forwarded-For` is believed.',
  ),
  CORS_ORIGINS: setting(
    list
      .transform((items) => items.map((item) => item.replace(/\/$/, '').toLowerCase()))
      .refine((items) => items.every(isOrigin), 'must be origins such as https://app.example, separated by commas'),
    '',
    'Origins, such as `https://app.example`, whose pages may call files, bots and the account with a key. Cookies never count there. Cards, `/mcp` and OAuth are open to the pages of all sites.',
  ),
  QUERY_KEYS: setting(z.enum(['bots', 'never']), 'bots', 'Whether `?api_key=` is read on `/v2`.'),
  TELEGRAM_API_ROOT: setting(webUrl, 'https://api.telegram.org', 'The Bot API server that bots with a real token use.'),
  TELEGRAM_BOTS: secret(
    list
      .refine(
        (items) => items.every((item) => /^\d+:[\w-]{20,}$/.test(item)),
        'must be bot tokens, separated by commas',
      )
      .optional(),
    'Tokens of the bots that keep bytes in Telegram channels, separated by commas. With them go the channels.',
  ),
  TELEGRAM_CHATS: setting(
    list
      .refine(
        (items) => items.every((item) => /^-\d{1,15}$/.test(item)),
        'must be numbers of channels, separated by commas',
      )
      .transform((items) => items.map(Number)),
    '',
    'Private channels for the bytes, such as `-1001234567890`. Every bot must be an administrator who may post, edit and delete.',
  ),
  TELEGRAM_SCRATCH_CHAT: setting(
    z.coerce.number<string>().int().optional(),
    undefined,
    'A chat in which the bots may look at messages by forwarding them. Default: the first of the channels.',
  ),
  TELEGRAM_LOCAL: setting(
    boolean,
    'false',
    'Whether the Bot API server runs with `--local` on this machine: larger objects, read from its folder.',
  ),
  LOG_LEVEL: setting(z.enum(LOG_LEVELS), 'info', 'Least severity that is logged.'),
  METRICS_TOKEN: secret(
    z.string().min(16).optional(),
    'Bearer token for `/metrics`. Without it only loopback may read them.',
  ),
  MAX_FILE_BYTES: setting(count(1, Number.MAX_SAFE_INTEGER), String(1024 ** 4), 'Largest file that may be uploaded.'),
  UPLOAD_EXPIRES_DAYS: setting(
    count(1, 365),
    '7',
    'Days after which a resumable upload is deleted when nothing more of it arrives.',
  ),
  FETCH_ALLOW: setting(
    list.refine(
      (items) => items.every((item) => network(item) || /^[a-z0-9.-]+$/i.test(item)),
      'must be host names, addresses or networks, separated by commas',
    ),
    '',
    'Hosts and networks that the server may fetch from although they are private, on any port. Otherwise only public addresses.',
  ),
  FETCH_PORTS: setting(
    list.refine((items) => items.every((item) => /^\d{1,5}$/.test(item)), 'must be ports, separated by commas'),
    '80,443',
    'Ports of other servers that the server may fetch from.',
  ),
  TRASH_DAYS: setting(
    count(0, 36_500),
    '30',
    'Days after which what lies in the trash of files and of cards is deleted for good.',
  ),
  PURGE_GRACE_DAYS: setting(
    count(0, 3650),
    '7',
    'Days for which the bytes of deleted files stay where they are kept, in case a backup of the database is restored.',
  ),
  CACHE_BYTES: setting(
    count(0, Number.MAX_SAFE_INTEGER),
    String(5 * 1024 ** 3),
    'Space on the disk for parts of files that are kept elsewhere, so that they are not fetched for each download.',
  ),
  SCRUB_PERCENT_PER_DAY: setting(
    z.coerce.number<string>().min(0).max(100),
    '3',
    'Share of all stored copies that is read and checked each day, in percent.',
  ),
  BODY_LIMIT_BYTES: setting(count(1024, 256 * 1024 * 1024), String(8 * 1024 * 1024), 'Largest JSON body.'),
  PYTHON_WORKERS: setting(
    count(1, 64),
    '4',
    'Most Python workers that run bot commands at the same time; each takes about 200 MB. While commands wait for others there may be as many again, within half of the memory. Not with the native runtime.',
  ),
  BOTS_RUNTIME: setting(
    z.enum(['pyodide', 'native']),
    'pyodide',
    'What runs the commands of bots. `native` is for Linux: the Python of the machine, a process for each run behind a wall that the kernel keeps. It is proved at the start; where it does not hold, Pyodide runs them.',
  ),
  BOTS_PYTHON: setting(
    z.string().min(1),
    'python3',
    'The Python of the native runtime, 3.11 or later: a path, or a name that is looked for on the PATH.',
  ),
  BOTS_MAX_RUNS: setting(
    count(1, 10_000),
    '256',
    'Most commands under way at the same time in the native runtime. One that waits takes 2 to 5 MB.',
  ),
  BOT_MAX_COMMANDS: setting(count(1, 10_000), '400', 'Most commands of a bot.'),
  BOT_MAX_CODE_BYTES: setting(count(1024, 16 * 1024 * 1024), String(256 * 1024), 'Largest code of a command.'),
  AI_BASE_URL: setting(
    webUrl
      .refine((url) => new URL(url).username === '' && new URL(url).password === '', 'must be without a password')
      .optional(),
    undefined,
    'Where models are: the address of any OpenAI-compatible API with its version, such as `http://127.0.0.1:11434/v1`. With it goes at least one model. Without it no card leaves the server.',
  ),
  AI_API_KEY: secret(z.string().min(1).optional(), 'Sent to that address as a bearer token.'),
  AI_MODEL: setting(
    z.string().min(1).max(200).optional(),
    undefined,
    'Model that reads the text of cards, links and documents, for tags and a summary.',
  ),
  AI_VISION_MODEL: setting(
    z.string().min(1).max(200).optional(),
    undefined,
    'Model that looks at the pictures of cards. It may be the same.',
  ),
  AI_TRANSCRIPTION_MODEL: setting(
    z.string().min(1).max(200).optional(),
    undefined,
    'Model that writes down what recordings of up to 25 MiB say.',
  ),
  LIMIT_FILES_PER_MINUTE: setting(
    count(1, 1_000_000),
    '100',
    'Calls a minute of a key on `/api`, unless the key has a limit of its own.',
  ),
  LIMIT_TRANSFERS_PER_MINUTE: setting(
    count(1, 1_000_000),
    '600',
    'Downloads, and parts of resumable uploads, a minute of a key. They do not count against its day.',
  ),
  LIMIT_BOTS_PER_MINUTE: setting(
    count(0, 1_000_000),
    '60',
    'Calls a minute of an address on `/v2`; 0 switches the limit off.',
  ),
  LIMIT_CARDS_PER_MINUTE: setting(count(1, 1_000_000), '120', 'Calls a minute of a key on `/v1`.'),
  LIMIT_CARD_CREATION_PER_MINUTE: setting(
    count(0, 1_000_000),
    '30',
    'Requests a minute with which the keys of an account may save cards; 0 switches the limit off. A bulk of a hundred is one.',
  ),
  LIMIT_DAV_PER_MINUTE: setting(count(1, 1_000_000), '3000', 'Requests a minute of a key on `/dav` (WebDAV).'),
  LIMIT_SESSION_PER_MINUTE: setting(
    count(1, 1_000_000),
    '600',
    'Calls a minute of an account through browser sessions.',
  ),
  LIMIT_OAUTH_TOKENS_PER_MINUTE: setting(
    count(1, 1_000_000),
    '30',
    'Requests a minute of an address for OAuth tokens: to get, renew and revoke them.',
  ),
  LIMIT_OAUTH_REGISTRATIONS_PER_HOUR: setting(
    count(1, 1_000_000),
    '10',
    'OAuth clients that an address may register in an hour.',
  ),
  LIMIT_AUTH_FAILURES_PER_MINUTE: setting(
    count(1, 1_000_000),
    '20',
    'Failed credentials a minute of an address before it has to wait.',
  ),
} as const satisfies Record<string, Setting>

export type SettingName = keyof typeof SETTINGS

/** The values of all settings, by name. */
export type Settings = { readonly [K in SettingName]: z.output<(typeof SETTINGS)[K]['schema']> }
