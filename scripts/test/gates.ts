import { type GroupOptions, runGroup } from './process-group.ts'

const GATES = [
  { name: 'tsc --noEmit', args: ['node_modules/typescript/bin/tsc', '--noEmit'] },
  { name: 'tsc --noEmit -p web', args: ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'web'] },
  { name: 'biome check .', args: ['node_modules/@biomejs/biome/bin/biome', 'check', '.'] },
  { name: 'knip', args: ['node_modules/knip/bin/knip.js'] },
]

/**
 * Checks types, style and dead code. A passed check prints one line, a failed one everything it said.
 *
 * @returns The names of those that failed.
 */
export const runGates = async (options: Pick<GroupOptions, 'cwd' | 'env' | 'signal'>): Promise<string[]> => {
  const failed: string[] = []
  for (const { name, args } of GATES) {
    if (options.signal.aborted) break
    const startedAt = performance.now()
    const output: Buffer[] = []
    const { ok } = await runGroup({ ...options, args, onOutput: (chunk) => output.push(chunk) })
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    console.log(`${ok ? '✔' : '✖'} ${name} (${seconds} s)`)
    if (ok) continue
    console.log(Buffer.concat(output).toString().trimEnd())
    failed.push(name)
  }
  return failed
}
