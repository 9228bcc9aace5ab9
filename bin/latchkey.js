#!/usr/bin/env node
// Runs the program on the Node that came with the installation, whatever Node runs this file.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('main.js', import.meta.url))
const bundled = fileURLToPath(
  new URL(`../node_modules/node-${process.platform}-${process.arch}/bin/node`, import.meta.url),
)
const node = existsSync(bundled) ? bundled : process.execPath

// A bounded space for young objects and two pools of the C library for what is not JavaScript: an idle server is
// smaller by a fifth, and garbage costs a busy one no more. And one thread beside the one that answers, to compile and
// collect: with V8's four, a machine of two cores had too few for the answers whenever passwords were hashed.
const launch = JSON.parse(readFileSync(new URL('launch.json', import.meta.url), 'utf8'))
const args = [...launch.flags, main, ...process.argv.slice(2)]
const env = { ...launch.env, ...process.env }

// Where it can, the program takes the place of this process: nothing stands between it and its signals.
if (process.execve !== undefined && process.platform !== 'win32') process.execve(node, [node, ...args], env)

const child = spawn(node, args, { stdio: 'inherit', env })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('error', (error) => {
  process.stderr.write(`latchkey: ${error.message}\n`)
  process.exitCode = 1
})
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0)
})
