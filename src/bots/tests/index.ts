export { testContracts } from './contract.ts'
export { testRoutes } from './routes.ts'
export { testService } from './service.ts'
