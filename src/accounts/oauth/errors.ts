import { defineErrors } from '../../platform/errors.ts'

/**
 * What OAuth's own endpoints refuse; printed in lower case, as the standards spell them. Sentences keep to the
 * characters that an `error_description` may have.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 */
export const OAuthErrors = defineErrors({
  INVALID_REQUEST: [400, 'A parameter is missing, sent twice, or has the wrong form.'],
  INVALID_CLIENT: [401, 'This server knows no such client, or the client sent a secret although it has none.'],
  INVALID_GRANT: [400, 'The code or refresh token is unknown, used, expired or not for this client. Sign in again.'],
  UNAUTHORIZED_CLIENT: [400, 'This client may not do that.'],
  UNSUPPORTED_GRANT_TYPE: [400, 'The grant types are authorization_code and refresh_token.'],
  UNSUPPORTED_RESPONSE_TYPE: [400, 'The only response type is code.'],
  INVALID_SCOPE: [400, 'A scope is unknown, or was not granted.'],
  INVALID_TARGET: [400, 'The resource is none of this server, or not the one that was granted.'],
  ACCESS_DENIED: [403, 'The request was refused.'],
  LOGIN_REQUIRED: [401, 'Nobody is signed in.'],
  CONSENT_REQUIRED: [403, 'Somebody has to agree first.'],
  INVALID_REDIRECT_URI: [
    400,
    'A redirect address must be https, http on this computer (127.0.0.1, [::1], localhost), or an app scheme; without fragment and user.',
  ],
  INVALID_CLIENT_METADATA: [400, 'The description of the client does not have the expected form.'],
})

/** What the list of connected apps refuses. */
export const AppErrors = defineErrors({
  APP_NOT_FOUND: [404, 'There is no such connected app.'],
})
