import { type Route, reply, route } from '../../platform/http/index.ts'
import { byOf, wrap } from '../envelope.ts'
import { exportBot, exportBotByPost, exportUsersFile, importCommands } from './contract.ts'
import type { ExportedFile, ExportService } from './service.ts'

const TYPES = {
  json: 'application/json; charset=utf-8',
  yaml: 'application/yaml; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
} as const

// Names of bots on Telegram are letters, digits and _; a bot without one is named by its number.
const headersOf = (name: string, format: keyof typeof TYPES) => ({
  'content-type': TYPES[format],
  'content-disposition': `attachment; filename="${name}"`,
  'cache-control': 'no-store',
})

const download = ({ name, text, etag }: ExportedFile, format: keyof typeof TYPES) =>
  reply(200, text, { ...headersOf(name, format), etag })

export const exportRoutes = (exports: ExportService): Route[] => [
  route(exportBot, async ({ caller, params, query: { format, include_data: includeData } }) =>
    download(await exports.exportBot(caller.accountId, params.botid, { format, includeData }), format),
  ),
  route(exportBotByPost, async ({ caller, params, query, body }) => {
    const format = body.format ?? query.format ?? 'json'
    const includeData = body.include_data ?? query.include_data ?? false
    return download(await exports.exportBot(caller.accountId, params.botid, { format, includeData }), format)
  }),
  route(importCommands, async ({ caller, params, body, request }) => {
    const etag = await exports.importCommands(byOf(caller), params.botid, {
      data: body.import_data,
      format: body.format,
      removeOthers: body.remove_old_commands,
      includeData: body.include_data,
      ifMatch: request.headers['if-match'],
    })
    return reply(200, wrap('Commands imported successfully'), { etag })
  }),
  route(exportUsersFile, async ({ caller, params, body }) => {
    const { name, file } = await exports.exportUsers(caller.accountId, params.botid, body)
    return reply(200, file, headersOf(name, body.format))
  }),
]
