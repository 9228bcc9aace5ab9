export interface BucketPlace {
  /** `https://s3.example.org`; a path in it is kept. */
  readonly endpoint: string
  readonly bucket: string
  /** `endpoint/bucket/key`, which works nearly everywhere; otherwise `bucket.endpoint/key`. */
  readonly forcePathStyle: boolean
}

export type BucketAddress = ReturnType<typeof bucketAddress>

/**
 * Where the bucket and its objects are.
 *
 * @throws {RangeError} if the endpoint is no plain `http(s)://host[:port][/path]`: credentials in it would be logged.
 */
export const bucketAddress = ({ endpoint, bucket, forcePathStyle }: BucketPlace) => {
  const base = parseEndpoint(endpoint)
  if (!forcePathStyle) base.host = `${bucket}.${base.host}`
  const root = `${base.origin}${base.pathname.replace(/\/+$/, '')}${forcePathStyle ? `/${bucket}` : ''}`
  return {
    protocol: base.protocol,
    /** @param key Of characters that mean nothing in a URL. @param query `''` as a value makes `name=`. */
    urlOf(key: string, query: Readonly<Record<string, string>> = {}): URL {
      const url = new URL(key === '' && forcePathStyle ? root : `${root}/${key}`)
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
      return url
    },
  }
}

const parseEndpoint = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain =
    url && /^https?:$/.test(url.protocol) && `${url.username}${url.password}${url.search}${url.hash}` === ''
  if (!isPlain)
    throw new RangeError('the endpoint must be http(s)://host[:port], without a user, a query or a fragment')
  return url
}
