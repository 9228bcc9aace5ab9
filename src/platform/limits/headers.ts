import type { Decision, PolicyState } from './limiter.ts'
import type { Policy } from './policy.ts'

interface PolicyText {
  /** `"minute";q=100;w=60` */
  readonly item: string
  /** `"minute";r=` */
  readonly prefix: string
}

// Policies are few and shared, or belong to a key's row and go with it.
const texts = new WeakMap<Policy, PolicyText>()

const textOf = (policy: Policy): PolicyText => {
  const known = texts.get(policy)
  if (known !== undefined) return known
  const { name, limit, windowMs } = policy
  const text = { item: `"${name}";q=${limit};w=${Math.ceil(windowMs / 1000)}`, prefix: `"${name}";r=` }
  texts.set(policy, text)
  return text
}

// Keys with the same limits share one text, so that it is at hand whoever sent the last request.
const MOST_SHARED = 1000
const shared = new Map<string, string>()

/**
 * The value of `RateLimit-Policy`: every rule that applies. Constant for a set of policies: a hot caller keeps it.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
export const policyHeader = (policies: readonly Policy[]): string => {
  const text = policies.map((policy) => textOf(policy).item).join(',')
  const known = shared.get(text)
  if (known === undefined && shared.size < MOST_SHARED) shared.set(text, text)
  return known ?? text
}

/** The value of `RateLimit`: what is left of the policy that stops this client first, and when it is whole again. */
export const rateLimitHeader = (decision: Decision): string => {
  const state = mostConstrained(decision)
  return state === undefined
    ? ''
    : `${textOf(state.policy).prefix}${state.remaining};t=${Math.ceil(state.resetMs / 1000)}`
}

/** The policy with the fewest requests left; of equals the one that takes longest to recover. */
export const mostConstrained = ({ states }: Decision): PolicyState | undefined => {
  let worst = states[0]
  for (let index = 1; index < states.length; index++) {
    const state = states[index]!
    const fewer = state.remaining - worst!.remaining
    if (fewer < 0 || (fewer === 0 && state.resetMs > worst!.resetMs)) worst = state
  }
  return worst
}

/** The state of one policy, for dialects that print the figures of a certain window. */
export const stateOf = ({ states }: Decision, policyName: string): PolicyState | undefined => {
  for (let index = 0; index < states.length; index++) {
    if (states[index]!.policy.name === policyName) return states[index]
  }
  return undefined
}

/** The three `X-RateLimit-*` headers of one policy, as name and value in turn; `-Reset` in Unix seconds. */
export const windowHeaders = (state: PolicyState | undefined): readonly string[] =>
  state === undefined
    ? []
    : [
        'x-ratelimit-limit',
        String(state.policy.limit),
        'x-ratelimit-remaining',
        String(state.remaining),
        'x-ratelimit-reset',
        String(state.resetAtSeconds),
      ]
