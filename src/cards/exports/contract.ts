import { bytes, endpoint } from '../../platform/http/contract.ts'

export const exportCards = endpoint({
  method: 'GET',
  path: '/v1/export',
  aliases: ['/api/v1/cards/export'],
  scope: 'cards:read',
  summary: 'Download all cards',
  description:
    'A ZIP archive: `cards.json`, the files of cards under `files/`, what is in the trash and what the server has found out about cards under `latchkey/`, and `manifest.json` at its end. The same cards always give the same `cards.json`. `POST /v1/imports` takes the archive back, here or on another server.',
  returns: [200, bytes('application/zip')],
})
