/** The cloud's limit on a file that a bot downloads, inclusive. @see https://core.telegram.org/bots/api#getfile */
const CLOUD_DOWNLOAD_BYTES = 20_971_520
/** … and on the body of an upload. @see https://core.telegram.org/bots/api#sending-files */
const CLOUD_UPLOAD_BYTES = 50 * 1024 * 1024
/** @see https://core.telegram.org/bots/api#using-a-local-bot-api-server */
const LOCAL_UPLOAD_BYTES = 2000 * 1024 * 1024

/** How this Telegram behaves where Telegrams differ, or where nobody could ask the real one yet. */
export interface EmulatorRules {
  /**
   * A Bot API server of one's own with `--local`: uploads up to 2000 MB and from `file://` paths, no limit on downloads,
   * absolute paths from `getFile`, and no route to download from.
   */
  local: boolean
  /** The route for downloads answers a Range with 206 and the part; otherwise with the whole. */
  servesRanges: boolean
  /** How long a link from `getFile` works, in Telegram's seconds; null stands for ever. */
  linkLifetimeSeconds: number | null
  /** 413 comes as a page of the server in front, not as JSON. */
  htmlErrors: boolean
  /** An administrator with the right to delete may delete what is older than two days. */
  deletesOldPosts: boolean
  /** A bot's post in a channel reaches the other bots there as a `channel_post`. */
  tellsOtherBots: boolean
}

/** Strict wherever the real behaviour is not known, so that what works here works there. */
export const DEFAULT_RULES: EmulatorRules = {
  local: false,
  servesRanges: false,
  linkLifetimeSeconds: 3600,
  htmlErrors: false,
  deletesOldPosts: false,
  tellsOtherBots: false,
}

export const maxUploadBytes = ({ local }: EmulatorRules) => (local ? LOCAL_UPLOAD_BYTES : CLOUD_UPLOAD_BYTES)

export const maxDownloadBytes = ({ local }: EmulatorRules) => (local ? Number.POSITIVE_INFINITY : CLOUD_DOWNLOAD_BYTES)
