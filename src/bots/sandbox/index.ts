export { pyodideEngine } from './engine.ts'
export { HostCallError, type HostCallErrorOptions, SandboxErrors } from './errors.ts'
export type * from './types.ts'
