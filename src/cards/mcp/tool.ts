import type { z } from 'zod'
import { AppError } from '../../platform/errors.ts'
import { type Caller, Failures, type RequestInfo } from '../../platform/http/index.ts'
import type { JsonSchema } from './json-schema.ts'

export type Arguments = Readonly<Record<string, unknown>>

/** What a model can do, as the protocol shows it. */
export interface Tool {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly inputSchema: JsonSchema
  readonly outputSchema: JsonSchema
  readonly annotations: { readonly readOnlyHint: boolean; readonly destructiveHint: boolean }
  /** @throws {AppError} what is wrong with the arguments, and what the tool's endpoint refuses */
  call(caller: Caller, request: RequestInfo, given: Arguments): Promise<unknown>
}

/** @returns The first thing that is wrong, with the name of the argument. */
export const invalid = ({ issues }: z.ZodError): AppError => {
  const [issue] = issues
  const place = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `
  return new AppError(Failures.INVALID_INPUT, { message: `${place}${issue?.message ?? 'Invalid arguments.'}` })
}
