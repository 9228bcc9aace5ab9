import { callMcp } from './contract.ts'
import { metadataContracts } from './metadata.ts'

export const mcpContracts = [callMcp, ...metadataContracts] as const
export { mcpDialect } from './dialect.ts'
export { mcpRoutes } from './routes.ts'
