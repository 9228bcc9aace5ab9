import { type FrameOptions, moment, frame as page, shown } from '../../../platform/pages/frame.ts'
import { type Html, html } from '../../../platform/pages/html.ts'
import type { FileType } from '../../files/contract.ts'
import type { StoredFile } from '../../files/repo.ts'
import { sizeText } from '../../stats/size-text.ts'
import type { StoredShare } from '../repo.ts'

const frame = (title: string, content: Html, options: FrameOptions = {}): string =>
  page(title, content, { footer: 'Shared with Latchkey', ...options })

const WORDS: Readonly<Record<FileType, string>> = {
  document: 'Document',
  photo: 'Picture',
  video: 'Video',
  audio: 'Audio',
  voice: 'Audio',
  animation: 'Picture',
  archive: 'Archive',
  other: 'File',
}

/** What every browser shows, and what cannot run anything. */
const PICTURES = new Set(['image/avif', 'image/bmp', 'image/gif', 'image/jpeg', 'image/png', 'image/webp'])
/** A larger picture is not loaded before anybody asks for it. */
const MAX_PICTURE_BYTES = 20 * 1024 * 1024

/** The page of a link to a file. @param left How many downloads are left; null for any number. */
export const filePage = (share: StoredShare, file: StoredFile, left: number | null): string => {
  const name = shown(file.name)
  const address = `/s/${share.token}/content`
  return frame(
    name,
    html`<span class="mark">${WORDS[file.type]}</span>
<h1><bdi>${name}</bdi></h1>
<p class="facts">${sizeText(file.size_bytes)}, ${file.mime_type}</p>
${left === null ? preview(file, address) : undefined}
<a class="button" href="${address}?download=1" download>Download</a>
${notes(share, left)}`,
  )
}

// Where downloads are counted out, looking at the page must not use one up.
const preview = ({ mime_type, size_bytes, name }: StoredFile, address: string): Html | undefined => {
  if (PICTURES.has(mime_type) && size_bytes <= MAX_PICTURE_BYTES)
    return html`<img class="preview" src="${address}" alt="${shown(name)}">`
  if (mime_type.startsWith('video/'))
    return html`<video class="preview" src="${address}" controls preload="metadata"></video>`
  if (mime_type.startsWith('audio/'))
    return html`<audio class="preview" src="${address}" controls preload="none"></audio>`
  return undefined
}

const notes = ({ expires_at }: StoredShare, left: number | null): Html | undefined => {
  if (expires_at === null && left === null) return undefined
  return html`<p class="note">${expires_at === null ? undefined : html`This link works until ${moment(expires_at)}. `}${
    left === null
      ? undefined
      : left === 1
        ? 'It can be used for one more download.'
        : `It can be used for ${left} more downloads.`
  }</p>`
}

/** Asks for the password, and says nothing of what is behind it. */
export const passwordPage = (token: string, problem: string | undefined): string =>
  frame(
    'A password is needed',
    html`<h1>A password is needed</h1>
<p class="facts">Whoever sent you this link knows it.</p>
<form method="post" action="/s/${token}/unlock">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="off" maxlength="256" required autofocus>
${problem === undefined ? undefined : html`<p class="problem" role="alert">${problem}</p>`}
<button class="button" type="submit">Open</button>
</form>`,
  )

/** Instead of anything else. */
export const noticePage = (title: string, text: string): string =>
  frame(title, html`<h1>${title}</h1>\n<p class="facts">${text}</p>`)

export interface Listing {
  readonly title: string
  /** From the shared folder to the one that is shown. */
  readonly path: readonly { readonly id: string; readonly name: string }[]
  readonly folders: readonly { readonly id: string; readonly name: string }[]
  readonly files: readonly StoredFile[]
  /** Address of the folder as one archive. */
  readonly archive: string
  /** Address of the next page. */
  readonly next: string | undefined
  readonly left: number | null
}

/** What a shared folder holds. */
export const folderPage = (
  share: StoredShare,
  { title, path, folders, files, next, archive, left }: Listing,
): string => {
  const base = `/s/${share.token}`
  const above = path.slice(0, -1)
  return frame(
    shown(title),
    html`${above.length === 0 ? undefined : html`<p class="path">${above.map(({ id, name }, index) => html`<a href="${index === 0 ? base : `${base}/folders/${id}`}"><bdi>${shown(name)}</bdi></a> / `)}</p>`}
<span class="mark">Folder</span>
<h1><bdi>${shown(title)}</bdi></h1>
${folders.length + files.length === 0 ? html`<p class="facts">There is nothing in this folder yet.</p>` : undefined}
<ul class="list">
${folders.map(({ id, name }) => html`<li><a href="${base}/folders/${id}"><span class="name"><bdi>${shown(name)}</bdi>/</span><span class="size">Folder</span></a></li>\n`)}
${files.map((file) => html`<li><a href="${base}/files/${file.id}/content?download=1" download><span class="name"><bdi>${shown(file.name)}</bdi></span><span class="size">${sizeText(file.size_bytes)}</span></a></li>\n`)}
</ul>
${next === undefined ? undefined : html`<a class="more" href="${next}">More</a>`}
${folders.length + files.length === 0 ? undefined : html`<a class="button" href="${archive}" download>Download all as ZIP</a>`}
${notes(share, left)}`,
    { wide: true },
  )
}

export interface Received {
  readonly fileNames: readonly string[]
  readonly problem: string | undefined
}

/** Where people without an account bring files. */
export const requestPage = (share: StoredShare, left: number | null, received?: Received): string => {
  const title = shown(share.name ?? 'Send files')
  const isOpen = left === null || left > 0
  return frame(
    title,
    html`<span class="mark">Upload</span>
<h1><bdi>${title}</bdi></h1>
${received === undefined ? html`<p class="facts">What you send goes to whoever sent you this link. Nobody else can see it here.</p>` : thanks(received)}
${isOpen ? uploadForm(share.token) : undefined}
${rules(share, left)}`,
  )
}

const thanks = ({ fileNames, problem }: Received): Html =>
  html`${fileNames.length === 0 ? undefined : html`<p role="status">${fileNames.length === 1 ? 'Your file has arrived:' : `Your ${fileNames.length} files have arrived:`} ${fileNames.map((name, index) => html`${index === 0 ? '' : ', '}<bdi>${shown(name)}</bdi>`)}.</p>`}
${problem === undefined ? undefined : html`<p class="problem" role="alert">${problem}</p>`}`

const uploadForm = (token: string): Html =>
  html`<form method="post" action="/s/${token}/files" enctype="multipart/form-data">
<label for="files">Files</label>
<input id="files" name="files" type="file" multiple required>
<button class="button" type="submit">Send</button>
</form>`

const rules = ({ max_file_bytes, expires_at }: StoredShare, left: number | null): Html | undefined => {
  const parts = [
    max_file_bytes === null ? undefined : html`A file can have up to ${sizeText(max_file_bytes)}. `,
    left === null
      ? undefined
      : left === 0
        ? html`No further files are taken. `
        : html`There is room for ${left} more ${left === 1 ? 'file' : 'files'}. `,
    expires_at === null ? undefined : html`Files are taken until ${moment(expires_at)}.`,
  ]
  return parts.every((part) => part === undefined) ? undefined : html`<p class="note">${parts}</p>`
}
