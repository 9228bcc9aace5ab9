import { type Config, ConfigError } from '../../../platform/config/index.ts'
import type { S3BackendOptions } from './s3.ts'

export type S3Settings = Pick<
  Config,
  | 'S3_ENDPOINT'
  | 'S3_BUCKET'
  | 'S3_REGION'
  | 'S3_ACCESS_KEY_ID'
  | 'S3_SECRET_ACCESS_KEY'
  | 'S3_SESSION_TOKEN'
  | 'S3_PREFIX'
  | 'S3_FORCE_PATH_STYLE'
>

/**
 * @returns What `openS3Backend` wants; undefined if no S3 is set.
 * @throws {ConfigError} if only a part of it is set.
 */
export const s3BackendOptions = (settings: S3Settings): S3BackendOptions | undefined => {
  const {
    S3_ENDPOINT: endpoint,
    S3_BUCKET: bucket,
    S3_ACCESS_KEY_ID: accessKeyId,
    S3_SECRET_ACCESS_KEY: secretAccessKey,
    S3_SESSION_TOKEN: sessionToken,
  } = settings
  const needed = {
    S3_ENDPOINT: endpoint,
    S3_BUCKET: bucket,
    S3_ACCESS_KEY_ID: accessKeyId,
    S3_SECRET_ACCESS_KEY: secretAccessKey,
  }
  const missing = Object.entries(needed).filter(([, value]) => value === undefined)
  if (missing.length === Object.keys(needed).length) return undefined
  if (!(endpoint && bucket && accessKeyId && secretAccessKey)) {
    throw new ConfigError(missing.map(([name]) => `LATCHKEY_${name} is needed for S3, and not set`).join('\n'))
  }
  const { S3_REGION: region, S3_PREFIX: prefix, S3_FORCE_PATH_STYLE: forcePathStyle } = settings
  return { endpoint, bucket, accessKeyId, secretAccessKey, sessionToken, region, prefix, forcePathStyle }
}
