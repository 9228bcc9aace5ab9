import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { hostSignatures } from '../host/signatures.ts'
import { startWorker, workerFlags, workerReady } from './process.ts'
import { ensureImage, loadRuntime } from './snapshot.ts'
import { runner, silentLog, TEST_CACHE_DIR, testEngines } from './testing.ts'

const CANARY = 'canary-5e1f0c'
const dir = mkdtempSync(join(tmpdir(), 'latchkey-canary-'))
const file = join(dir, 'canary.txt')

/** What every attempt starts with: the honest way around the names that commands do not have. */
const TOOLS = `
sys = json.codecs.sys
real = json.__dict__['__builtins__']
real = real if isinstance(real, dict) else real.__dict__
os = sys.modules['os']
imp = real['__import__']
def subclasses(of=object, seen=None):
    seen = set() if seen is None else seen
    for sub in type.__subclasses__(of):
        if sub not in seen:
            seen.add(sub)
            yield sub
            yield from subclasses(sub, seen)
print('tried')
`

const script = (port: number): { [name: string]: string } => ({
  'run a shell with os.system': `os.system('touch ${dir}/made'); print('REACHED')`,
  'run a shell with posix.system': `sys.modules['posix'].system('id'); print('REACHED')`,
  'run a shell with os.popen': `print(os.popen('id').read(), 'REACHED')`,
  'import js': `imp('js'); print('REACHED')`,
  'import names from js': `real['exec']('from js import process, eval'); print('REACHED')`,
  'import pyodide_js': `imp('pyodide_js'); print('REACHED')`,
  'run JavaScript with pyodide': `imp('pyodide.code').code.run_js('1'); print('REACHED')`,
  'import pyodide itself': `imp('pyodide'); print('REACHED')`,
  'import _pyodide_core': `imp('_pyodide_core'); print('REACHED')`,
  'find a bridge among the loaded modules': `
if any('js' == n or 'pyodide' in n for n in sys.modules): print('REACHED')`,
  'load ctypes': `imp('ctypes'); print('REACHED')`,
  'create _ctypes': `
spec = type(sys.__spec__)('_ctypes', None)
sys.modules['_imp'].create_builtin(spec); print('REACHED')`,
  'create an extension module': `sys.modules['_imp'].create_dynamic(type(sys.__spec__)('x', None, origin='/x.so')); print('REACHED')`,
  'load with the builtin importer': `
f = [c for c in subclasses() if c.__name__ == 'BuiltinImporter'][0]
f.load_module('_socket'); print('REACHED')`,
  'use a finder that is left': `print([f.find_spec('socket', None) for f in sys.meta_path][0].name, 'REACHED')`,
  'import through importlib': `sys.modules['importlib'].import_module('socket'); print('REACHED')`,
  'read a module from a path': `
l = [c for c in subclasses() if c.__name__ == 'SourceFileLoader'][0]
print(l('x', '${file}').get_data('${file}'))`,
  'find JavaScript objects among all classes': `
for c in subclasses():
    if c.__name__ in ('JsFinder', 'JsLoader'):
        for value in list(vars(c).values()):
            if type(value).__name__ == 'JsProxy': print('REACHED')
f = [c for c in subclasses() if c.__name__ == 'JsFinder']
for c in f:
    g = c.find_spec.__globals__
    if g['jsfinder'].__dict__ or any(type(v).__name__ == 'JsProxy' for v in g.values()): print('REACHED')`,
  'make a JsProxy': `
for c in subclasses():
    if c.__name__ == 'JsProxy': print(c(), 'REACHED')`,
  'reach system through a class of os': `
for c in subclasses():
    if c.__name__ == '_wrap_close': c.__init__.__globals__['system']('id'); print('REACHED')`,
  'reach Popen among all classes': `
for c in subclasses():
    if c.__name__ == 'Popen': c('id'); print('REACHED')`,
  'walk the heap with gc': `
gc = sys.modules.get('gc') or imp('gc')
print([o for o in gc.get_objects() if 'Js' in type(o).__name__], 'REACHED')`,
  'walk the heap backwards': `
gc = sys.modules.get('gc') or imp('gc')
gc.get_referrers(os); print('REACHED')`,
  'find JavaScript in the frames below': `
f = sys._getframe()
while f is not None:
    for v in [*f.f_globals.values(), *f.f_locals.values()]:
        if type(v).__name__ == 'JsProxy': print('REACHED')
    f = f.f_back`,
  'read a host file with open': `print(real['open']('/etc/passwd').read(), 'REACHED')`,
  'read the canary with open': `print(real['open']('${file}').read())`,
  'read the canary with os.open': `print(os.read(os.open('${file}', os.O_RDONLY), 100))`,
  'read the canary with io': `print(sys.modules['_io'].FileIO('${file}').read())`,
  'read the canary with open_code': `print(sys.modules['_io'].open_code('${file}').read())`,
  'read the canary with pathlib': `print(imp('pathlib').Path('${file}').read_text())`,
  'list the folder of the canary': `print(os.listdir('${dir}'), 'REACHED')`,
  'list the host': `
if set(os.listdir('/')) & {'etc', 'usr', 'bin', 'root', 'var', 'work'}: print(os.listdir('/'), 'REACHED')`,
  'read the environment': `print(dict(os.environ), os.getenv('LATCHKEY_CANARY'))`,
  'read the environment that the process began with': `print(sys.modules['posix'].environ)`,
  'read the environment from proc': `print(real['open']('/proc/self/environ', 'rb').read(), 'REACHED')`,
  'read the snapshot': `print(len(real['open']('${TEST_CACHE_DIR}', 'rb').read()), 'REACHED')`,
  'connect with socket': `imp('socket').create_connection(('127.0.0.1', ${port})); print('REACHED')`,
  'connect with _socket': `s = imp('_socket').socket(); s.connect(('127.0.0.1', ${port})); print('REACHED')`,
  'connect with urllib': `print(imp('urllib.request').request.urlopen('http://127.0.0.1:${port}').read(), 'REACHED')`,
  'connect with asyncio': `
async def go():
    await asyncio.open_connection('127.0.0.1', ${port})
    print('REACHED')
asyncio.run(go())`,
  'start a process with asyncio': `
async def go():
    await asyncio.create_subprocess_shell('id')
    print('REACHED')
asyncio.run(go())`,
  fork: `print(os.fork(), 'REACHED')`,
  'replace the process': `os.execv('/bin/sh', ['sh', '-c', 'touch ${dir}/made'])`,
  'spawn a process': `os.posix_spawn('/bin/sh', ['sh'], {}); print('REACHED')`,
  'start a process with subprocess': `imp('subprocess').run(['id']); print('REACHED')`,
  'start a process with multiprocessing': `imp('multiprocessing').Process(target=print).start(); print('REACHED')`,
  'start a process with _posixsubprocess': `imp('_posixsubprocess'); print('REACHED')`,
  'start a thread': `imp('_thread').start_new_thread(print, ('REACHED',))`,
  'start a thread with threading': `
t = imp('threading').Thread(target=print, args=('REACHED',))
t.start(); t.join()`,
  'start a thread from a pool': `
with sys.modules['concurrent.futures'].ThreadPoolExecutor() as p: print(p.submit(lambda: 'REACHED').result())`,
  'kill the server': `os.kill(os.getppid(), 9); print('REACHED')`,
  'leave the process': `os._exit(0)`,
  'abort the process': `os.abort()`,
  'make a pipe': `print(os.pipe(), 'REACHED')`,
  'write a file': `real['open']('/tmp/left', 'w').write('x'); print('REACHED')`,
  'make a folder': `os.mkdir('/left'); print('REACHED')`,
  'make a link': `os.symlink('/dev/host', '/tmp/link'); print('REACHED')`,
  'rename a file': `os.rename('/dev/null', '/dev/zip'); print('REACHED')`,
  'remove the device': `os.unlink('/dev/host'); print('REACHED')`,
  'change the mode of a file': `os.chmod('/dev/host', 0); print('REACHED')`,
  'overwrite the standard library': `
for name in os.listdir('/lib'):
    real['open']('/lib/' + name, 'r+b').write(b'x'); print('REACHED')`,
  'open the device a second time': `print(os.open('/dev/host', os.O_RDWR), 'REACHED')`,
  'unpickle a call of system': `
import base64
pickle = sys.modules['pickle']
class X:
    def __reduce__(self): return (os.system, ('id',))
pickle.loads(pickle.dumps(X())); print('REACHED')`,
  'get the constructor of a host function': `bot.sendMessage.constructor('return process')(); print('REACHED')`,
  'get the code behind a host function': `print(bot.sendMessage.__globals__['process'], 'REACHED')`,
  'set a trace function': `sys.settrace(lambda *a: None); print('REACHED')`,
  'hook the audit': `sys.addaudithook(print); print('REACHED')`,
  'read from other descriptors': `
for fd in range(0, 40):
    try: data = os.read(fd, 4000)
    except OSError: continue
    print(fd, data)`,
  'find Node in what the interpreter knows of itself': `
print(sys.executable, sys.argv, sys.path, sys.flags, getattr(sys, '_git', ''), os.getcwd(), os.uname())
if '/' in f'{sys.executable}{sys.argv}{sys.orig_argv}{sys.path}' or os.getcwd() != '/': print('REACHED')`,
})

const children = (pid: number | 'self'): number[] =>
  readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )

/** Messages past what the runtime would say: to Pyodide's device, or as whole frames on the one descriptor of a native run. */
const FORGERIES: { readonly [engine in 'pyodide' | 'native']: { readonly [name: string]: string } } = {
  pyodide: {
    'a call that is not allowed': `say( b'c' + b'{"name": "admin", "args": [], "kwargs": {}}')`,
    'a call that is not JSON': `say( b'c{"name"')`,
    'a call of another shape': `say( b'c[1, 2, 3]')`,
    'a sleep of a year': `say( b's31536000')`,
    'a line that is none': `say( b'l"x"')`,
    'an unknown message': `say( b'\\xff\\xff\\xff\\xff\\x06{}')`,
    'an empty message': `say( b'')`,
    'a report of its own, and goes on': `say( b'd{"error": null, "stopped": true}')\nprint('on')`,
    'a frame of four gigabytes': `say( b'p\\xff\\xff\\xff\\xff')`,
  },
  native: {
    'a call that is not allowed': `frame(2, b'{"name": "admin", "args": [], "kwargs": {}}')`,
    'a call that is not JSON': `frame(2, b'{"name"')`,
    'a call of another shape': `frame(2, b'[1, 2, 3]')`,
    'two calls at once': `frame(2, b'{"name": "x", "args": [], "kwargs": {}}'); frame(2, b'[]')`,
    'a sleep of a year': `frame(3, b'31536000')`,
    'a line that is none': `frame(5, b'"x"')`,
    'an unknown frame': `frame(99, b'{}')`,
    'that it is ready again': `frame(1, b'{"heapBytes": 0}')`,
    'an image of the memory': `frame(8, b'x' * 1000)`,
    'a report of its own, and goes on': `frame(6, b'{"heapBytes": 0, "pythonMs": 0, "interrupted": false, "report": "{}"}')
while True: pass`,
    'the run of another bot': `frame(2, b'{"name": "x", "args": [], "kwargs": {}, "botId": "bot_b"}')`,
    'a frame of four gigabytes': `write(3, b'\\xff\\xff\\xff\\xff\\x04')`,
    'half a frame': `write(3, b'\\x09\\x00')`,
    'a flood of prints': `
for n in range(10_000): frame(4, b'x' * 60_000)`,
    'a flood of nothing': `
while True: frame(4, b'')`,
    'a flood of lines': `
while True: frame(5, b'1')`,
  },
}
const FORGE = {
  pyodide: `fd = sys.modules['_latchkey']._fd
def say(message): os.write(fd, message)
`,
  native: `write = os.write
def frame(kind, body): write(3, len(body).to_bytes(4, 'little') + bytes([kind]) + body)
`,
}

/** Processes below this one. */
const descendants = (pid: number | 'self' = 'self', depth = 1): { pid: number; depth: number }[] => {
  try {
    return children(pid).flatMap((child) => [{ pid: child, depth }, ...descendants(child, depth + 1)])
  } catch {
    // It ended meanwhile.
    return []
  }
}

after(() => rmSync(dir, { recursive: true }))

for (const { name: engineName, start } of testEngines) {
  describe(`what commands try to reach (${engineName})`, () => {
    const engine = start({ maxWorkers: 1 })
    const run = runner(engine)
    // Native runs are children of the zygote.
    const own = engineName === 'native' ? 2 : 1
    let connections = 0
    const server = createServer((socket) => {
      connections += 1
      socket.destroy()
    })
    before(async () => {
      process.env.LATCHKEY_CANARY = CANARY
      writeFileSync(file, CANARY)
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      await engine.ready()
    })
    after(async () => {
      await engine.close()
      server.close()
      delete process.env.LATCHKEY_CANARY
    })

    for (const name of Object.keys(script(0))) {
      it(`is out of reach: ${name}`, async () => {
        const address = server.address()
        const port = typeof address === 'object' && address ? address.port : 0

        const result = await run(TOOLS + script(port)[name])

        const all = JSON.stringify(result)
        assert.match(result.prints, /^tried/)
        assert.notEqual(result.error?.type, 'SyntaxError')
        assert.doesNotMatch(result.prints, /REACHED/)
        assert.ok(!all.includes(CANARY), all)
        assert.equal(connections, 0)
        assert.deepEqual(readdirSync(dir), ['canary.txt'])
        assert.deepEqual(result.calls, [])
        if (process.platform === 'linux')
          assert.deepEqual(
            descendants().filter(({ depth }) => depth > own),
            [],
          )
      })
    }

    for (const [name, code] of Object.entries(FORGERIES[engineName])) {
      it(`gains nothing by forging ${name}`, async () => {
        const forged = await run(`${TOOLS}${FORGE[engineName]}${code}\n`)
        const next = await run("bot.sendMessage('x')\nprint('next')", { botId: 'bot_b' })

        assert.match(forged.prints, /^tried/)
        assert.deepEqual(forged.calls, [])
        assert.equal(next.prints, 'next\n')
        assert.equal(next.calls.length, 1)
        assert.equal(next.error, null)
      })
    }

    it('is a broken report: the run fails, and the next one does not notice', async () => {
      const broken = await run(`${TOOLS}\nr = sys.modules['_latchkey']\nr._dumps = lambda *a: 'nonsense'`)
      const next = await run("print('next')", { botId: 'bot_b' })

      assert.equal(broken.outcome, 'crash')
      assert.equal(next.prints, 'next\n')
    })

    it('is memory, by crafted bytecode: at most the process breaks', async () => {
      const crafted = await run(`${TOOLS}
def f(): pass
f.__code__ = f.__code__.replace(co_code=bytes([83, 255] * 50 + [100, 200] * 50), co_consts=())
print(f(), 'ran')`)
      const next = await run("print('next')", { botId: 'bot_b' })

      assert.match(crafted.prints, /^tried/)
      assert.ok(['ok', 'error', 'crash', 'time', 'memory'].includes(crafted.outcome))
      assert.equal(next.prints, 'next\n')
    })

    it('is refused in words when it asks openly', async () => {
      for (const [code, words] of [
        ['import os', /the module 'os' is not available in commands/],
        ['from subprocess import run', /the module 'subprocess' is not available/],
        ["open('x')", /open\(\) is not available in commands/],
        ["eval('1')", /eval\(\) is not available/],
        ["exec('1')", /exec\(\) is not available/],
        ['import nothing_like_it', /the module 'nothing_like_it' is not available/],
      ] as const) {
        const { error } = await run(code)

        assert.match(error?.message ?? '', words)
        assert.equal(error?.line, 1)
      }
    })
  })
}

describe('the process of Pyodide', () => {
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
  after(() => server.close())

  it('is denied what its commands must not reach, should everything inside it give way', () => {
    const order = {
      runtimeDir: '/nowhere/',
      snapshotPath: null,
      python: {},
      hostCalls: [],
      heapBytes: 0,
      makeImage: false,
      audit: false,
    }
    const probe = fileURLToPath(new URL('./fixtures/probe.ts', import.meta.url))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0

    const { stdout, stderr } = spawnSync(process.execPath, [...workerFlags(order), probe, file, String(port)], {
      env: {},
    })

    assert.deepEqual(JSON.parse(stdout.toString() || stderr.toString()), {
      read: 'ERR_ACCESS_DENIED',
      write: 'ERR_ACCESS_DENIED',
      spawn: 'ERR_ACCESS_DENIED',
      thread: 'ERR_ACCESS_DENIED',
      connect: 'ERR_ACCESS_DENIED',
      eval: 'EvalError',
      environment: [],
    })
    assert.equal(connections, 0)
  })

  it('lets Python hold no object of JavaScript', async () => {
    const runtime = await loadRuntime(process.execPath, hostSignatures)
    const options = {
      cacheDir: TEST_CACHE_DIR,
      nodePath: process.execPath,
      log: silentLog,
      signal: new AbortController().signal,
    }
    const snapshotPath = await ensureImage(runtime, options)
    const order = {
      runtimeDir: runtime.runtimeDir,
      snapshotPath,
      python: runtime.python,
      hostCalls: runtime.hostCalls,
      heapBytes: 2 ** 27,
      makeImage: false,
      audit: true,
    }
    const worker = startWorker({ nodePath: process.execPath, order, maxFrameBytes: 2 ** 20 })

    const { jsObjects } = await workerReady(worker)
    worker.kill('seen')
    await worker.exited

    assert.deepEqual(jsObjects?.found, [])
    assert.ok((jsObjects?.walked ?? 0) > 50_000)
  })
})
