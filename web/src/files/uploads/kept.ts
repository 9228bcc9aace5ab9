/** What the browser keeps of an upload that was begun: enough to go on with it after a reload. */
export interface KeptUpload {
  readonly key: string
  readonly url: string
  readonly name: string
  readonly size: number
  readonly folder: string | null
  readonly team: string | undefined
  readonly lastModified: number
}

/** Where an upload goes. */
export interface UploadPlace {
  readonly folder: string | null
  /** Whose drive the top is; undefined is one's own. */
  readonly team?: string | undefined
}

const BEGIN = 'latchkey'

/** What tells a file from others, of which the browser says no more; and where it goes. */
export const fingerprintOf = (
  { name, size, lastModified }: Pick<File, 'name' | 'size' | 'lastModified'>,
  { folder, team }: UploadPlace,
): string => [BEGIN, size, lastModified, team ?? '', folder ?? '', encodeURIComponent(name)].join('|')

// The keys of tus-js-client's storage of addresses.
const KEY = /^tus::latchkey\|(\d+)\|(\d+)\|([^|]*)\|([^|]*)\|([^|]*)::\d+$/

const urlOf = (value: string): string | undefined => {
  try {
    const kept: unknown = JSON.parse(value)
    const isKept = typeof kept === 'object' && kept !== null && 'uploadUrl' in kept
    return isKept && typeof kept.uploadUrl === 'string' ? kept.uploadUrl : undefined
  } catch {
    return undefined
  }
}

/** Uploads that this browser has begun and not finished. */
export const keptUploads = (storage: Storage): KeptUpload[] =>
  Object.keys(storage).flatMap((key) => {
    const [, size, lastModified, team, folder, name] = KEY.exec(key) ?? []
    const url = urlOf(storage.getItem(key) ?? '')
    if (name === undefined || url === undefined) return []
    const place = {
      folder: folder === '' || folder === undefined ? null : folder,
      team: team === '' ? undefined : team,
    }
    const facts = { size: Number(size), lastModified: Number(lastModified) }
    return [{ key, url, name: decodeURIComponent(name), ...place, ...facts }]
  })

/** Whether this is the file whose upload was begun. */
export const isSame = (
  kept: Pick<KeptUpload, 'name' | 'size' | 'lastModified'>,
  file: Pick<File, 'name' | 'size' | 'lastModified'>,
): boolean => kept.name === file.name && kept.size === file.size && kept.lastModified === file.lastModified

/** The id at the end of an upload's address. */
export const uploadId = (url: string): string => url.slice(url.lastIndexOf('/') + 1)
