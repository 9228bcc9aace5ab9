/** The body of an answer that is not what S3 would say: a captive portal, a web server, a proxy's page. */
export class NotS3Error extends Error {
  constructor() {
    super('the endpoint answered with something that S3 does not say')
    this.name = 'NotS3Error'
  }
}

export interface ListedKey {
  readonly key: string
  readonly sizeBytes: number
  /** Milliseconds since 1970; undefined if the endpoint does not tell. */
  readonly modifiedAt: number | undefined
}

export interface ListPage {
  readonly objects: readonly ListedKey[]
  /** Undefined on the last page. */
  readonly nextToken: string | undefined
}

/**
 * @throws {NotS3Error} also for a page that has a successor and does not say how to get it: a list that just ends would
 * make objects look as if they were gone.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
export const parseListPage = (xml: string): ListPage => {
  if (!/<ListBucketResult[\s/>]/.test(xml)) throw new NotS3Error()
  const head = xml.replace(/<Contents>[\s\S]*?<\/Contents>/g, '')
  const isTruncated = textOf(head, 'IsTruncated') === 'true'
  const nextToken = textOf(head, 'NextContinuationToken')
  if (isTruncated && !nextToken) throw new NotS3Error()
  return { objects: blocksOf(xml, 'Contents').map(parseContents), nextToken: isTruncated ? nextToken : undefined }
}

const parseContents = (xml: string): ListedKey => {
  const key = textOf(xml, 'Key')
  const size = textOf(xml, 'Size') ?? ''
  if (key === undefined || !/^\d{1,15}$/.test(size)) throw new NotS3Error()
  const modifiedAt = Date.parse(textOf(xml, 'LastModified') ?? '')
  return { key, sizeBytes: Number(size), modifiedAt: Number.isNaN(modifiedAt) ? undefined : modifiedAt }
}

/**
 * @returns The codes of the objects that were not deleted; empty if all were.
 * @throws {NotS3Error}
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
 */
export const parseDeleteResult = (xml: string): string[] => {
  if (!/<DeleteResult[\s/>]/.test(xml)) throw new NotS3Error()
  return blocksOf(xml, 'Error').map((block) => toCode(textOf(block, 'Code')) ?? 'Unknown')
}

/** @param keys Of characters that mean nothing in XML. */
export const deleteDocument = (keys: readonly string[]): Buffer => {
  const objects = keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('')
  const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/'
  return Buffer.from(`<Delete xmlns="${namespace}"><Quiet>true</Quiet>${objects}</Delete>`)
}

export interface ErrorDocument {
  /** Such as `NoSuchKey`; undefined if the body is no error of S3. */
  readonly code: string | undefined
  /** For comparing only: it may quote parts of the request. */
  readonly message: string
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export const parseErrorDocument = (xml: string): ErrorDocument => {
  const [error = ''] = blocksOf(xml, 'Error')
  return { code: toCode(textOf(error, 'Code')), message: textOf(error, 'Message') ?? '' }
}

/** Codes go to the log, so they are held to what codes are made of. */
const toCode = (text: string | undefined): string | undefined =>
  text !== undefined && /^[A-Za-z0-9.]{1,64}$/.test(text) ? text : undefined

const blocksOf = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`, 'g'))].map(([, inner = '']) => inner)

const textOf = (xml: string, name: string): string | undefined => {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
  return text?.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi, decodeEntity)
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const decodeEntity = (whole: string, hex: string | undefined, decimal: string | undefined, name = ''): string => {
  const point = hex !== undefined ? Number.parseInt(hex, 16) : decimal !== undefined ? Number(decimal) : undefined
  if (point === undefined) return NAMED[name.toLowerCase()] ?? whole
  return point <= 0x10ffff ? String.fromCodePoint(point) : whole
}
