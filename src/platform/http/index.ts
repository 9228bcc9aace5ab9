export { type Ending, type Gate, type GateRequest, queryKeysOf, type RequestContext } from './context.ts'
export {
  bytes,
  type CallerKind,
  type Endpoint,
  type EndpointSpec,
  endpoint,
} from './contract.ts'
export { type Carrier, type Dialect, dialectFor, type FailureContext, surfaceOf } from './dialect.ts'
export { type FailureCode, Failures } from './failures.ts'
export {
  type Caller,
  type Form,
  type FormFile,
  type Input,
  type RequestInfo,
  type Route,
  reply,
  route,
  type Transfer,
} from './route.ts'
export { ALL_SCOPES, SCOPES, type Scope, scopeBit, scopeBits, scopesOf } from './scopes.ts'
export { httpServer, type ServerOptions } from './server.ts'
export { type HttpStats, httpStats } from './stats.ts'
