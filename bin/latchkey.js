#!/usr/bin/env node
// Runs the program on the Node that came with the installation, whatever Node runs this file.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const bundled = fileURLToPath(
  new URL(`../node_modules/node-${process.platform}-${process.arch}/bin/node`, import.meta.url),
)
const node = existsSync(bundled) ? bundled : process.execPath

// A small space for young objects stays in the processor's cache, and two pools of the C library are enough for what
// is not JavaScript: together an idle server is smaller by a tenth.
const { flags, env } = JSON.parse(readFileSync(new URL('launch.json', import.meta.url), 'utf8'))

const child = spawn(node, [...flags, main, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...env, ...process.env },
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('error', (error) => {
  process.stderr.write(`latchkey: ${error.message}\n`)
  process.exitCode = 1
})
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0)
})
