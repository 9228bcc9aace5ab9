export { HostCallError, type HostCallErrorOptions, SandboxErrors } from './errors.ts'
export { pythonEngine } from './select.ts'
export type * from './types.ts'
