import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { hostSignatures } from '../../host/signatures.ts'
import { pythonEngine } from '../select.ts'
import { runner, silentLog, TEST_CACHE_DIR, testNativeEngine } from '../testing.ts'
import { readNativeFiles } from './zygote.ts'

const onLinux = process.platform === 'linux' ? describe : () => {}

/** In place of forgetting ctypes: leaves everything within reach that the language takes away from commands. */
const KEEP_ALL = `
import builtins, mmap, socket, types

def forget_ctypes():
    builtins.kept = types.SimpleNamespace(
        ctypes=ctypes, os=types.SimpleNamespace(**os.__dict__), socket=socket, mmap=mmap, libc=_libc, open=open,
    )
`

const TOOLS = `
real = json.__dict__['__builtins__']
real = real if isinstance(real, dict) else real.__dict__
kept = real['kept']
os, ctypes, libc = kept.os, kept.ctypes, kept.libc
def call(number, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *(ctypes.c_long(a) if isinstance(a, int) else a for a in arguments))
    if result == -1: raise OSError(ctypes.get_errno(), 'refused')
    print('REACHED', result)
print('tried')
`

/** What native code could do that has broken out of Python; each must fail with EPERM. */
const attacks = (server: number, neighbour: number, port: number): { readonly [name: string]: string } => ({
  'read its own memory as a file': "print(kept.open('/proc/self/mem', 'rb'), 'REACHED')",
  'read the environment of the server': `print(kept.open('/proc/${server}/environ', 'rb').read(), 'REACHED')`,
  'read the environment of the zygote': "print(kept.open(f'/proc/{os.getppid()}/environ', 'rb').read(), 'REACHED')",
  'list the descriptors of the server': `print(os.listdir('/proc/${server}/fd'), 'REACHED')`,
  'read a file': "print(kept.open('/etc/passwd').read(), 'REACHED')",
  'write a file': "kept.open('/tmp/left', 'w'); print('REACHED')",
  'read a file by its descriptor': "print(os.read(os.open('/etc/passwd', 0), 10), 'REACHED')",
  'load a library': "ctypes.CDLL('/bin/sh'); print('REACHED')",
  fork: "print(os.fork(), 'REACHED')",
  'start a program': "os.execv('/bin/sh', ['sh', '-c', 'id'])",
  'start a program by a child': "print(os.posix_spawn('/bin/sh', ['sh'], {}), 'REACHED')",
  'start a thread': "imp = real['__import__']; imp('_thread').start_new_thread(print, ('REACHED',))",
  'kill the server': `os.kill(${server}, 9); print('REACHED')`,
  'kill the zygote': "os.kill(os.getppid(), 9); print('REACHED')",
  'kill a neighbour': `os.kill(${neighbour}, 9); print('REACHED')`,
  'stop everybody of its user': "os.kill(-1, 19); print('REACHED')",
  'open a socket': "kept.socket.socket(); print('REACHED')",
  'connect to a port': `kept.socket.create_connection(('127.0.0.1', ${port}), 2); print('REACHED')`,
  'connect to the socket of all runs': "kept.socket.socket(1, 1).connect('runs'); print('REACHED')",
  'make a pair of sockets': "kept.socket.socketpair(); print('REACHED')",
  'hand over its socket': "kept.socket.socket(1, 1, fileno=3).sendmsg([b'x']); print('REACHED')",
  'trace a neighbour': `call(101, 16, ${neighbour}, 0, 0)`,
  'read the memory of a neighbour': `call(310, ${neighbour}, 0, 0, 0, 0, 0)`,
  'make memory that can be executed': "kept.mmap.mmap(-1, 4096, prot=7); print('REACHED')",
  'lift the filter': 'call(157, 22, 0, 0, 0, 0)',
  'lift a limit': 'call(302, 0, 0, ctypes.create_string_buffer(16), 0)',
  'leave a namespace': 'call(272, 0x10000000)',
  'use io_uring': 'call(425, 8, ctypes.create_string_buffer(120))',
  'load a program into the kernel': 'call(321, 0, 0, 0)',
  'make a file in memory': "call(319, b'x', 0)",
  'become root': "os.setuid(0); print('REACHED')",
  'mount something': "call(165, b'proc', b'/tmp', b'proc', 0, 0)",
  'wait for the clock': 'call(230, 0, 0, ctypes.create_string_buffer(16), 0)',
  'wait for a descriptor': 'call(7, 0, 0, 1000)',
})

onLinux('the wall around native runs', async () => {
  const engine = testNativeEngine({ native: { ...(await filesWith((wall) => wall + KEEP_ALL)) } })
  const run = runner(engine)
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  let neighbour = 0
  let freeNeighbour = () => {}
  let neighboured: Promise<{ prints: string }>

  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    await engine.ready()
    const asked = Promise.withResolvers<void>()
    const answer = Promise.withResolvers<null>()
    freeNeighbour = () => answer.resolve(null)
    neighboured = run(`${TOOLS}print(os.getpid())\nbot.sendMessage('x')\nprint('still here')`, {
      botId: 'neighbour',
      host: () => {
        asked.resolve()
        return answer.promise
      },
    })
    await asked.promise
    neighbour = Math.max(...childrenOf(process.pid).flatMap(childrenOf))
  })
  after(async () => {
    await engine.close()
    server.close()
  })

  for (const name of Object.keys(attacks(0, 0, 0))) {
    it(`lets nothing through that has broken out of Python: ${name}`, async () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      const code = attacks(process.pid, neighbour, port)[name]

      const result = await run(
        `${TOOLS}try:\n${indented(code)}\nexcept BaseException as e:\n    print(type(e).__name__, e)`,
      )

      assert.match(result.prints, /^tried\n/)
      assert.doesNotMatch(result.prints, /REACHED|root:/)
      assert.match(result.prints, /PermissionError|\[Errno 1\]|Operation not permitted|can't start new thread/)
      assert.equal(connections, 0)
    })
  }

  const onX64 = process.arch === 'x64' ? it : () => {}
  onX64('ends a process that calls the kernel by the other list of numbers', async () => {
    const result = await run(`${TOOLS}call(0x40000000 + 39)`)

    assert.deepEqual([result.outcome, result.prints], ['crash', 'tried\n'])
  })

  it('leaves no descriptor open but the socket, and of that no second one', async () => {
    const result = await run(`${TOOLS}
found = []
for fd in range(0, 1024):
    for act in (lambda: os.read(fd, 1), lambda: os.write(fd, b''), lambda: os.dup(fd)):
        if fd == 3 and act.__code__.co_names[1] != 'dup': continue
        try: found.append((fd, act()))
        except OSError: pass
print(found)`)

    assert.equal(result.prints, 'tried\n[]\n')
  })

  it('keeps a process from sleeping on where nothing can wake it', async () => {
    const code = `${TOOLS}lock = real['__import__']('_thread').allocate_lock()\nlock.acquire()\nlock.acquire()`
    const result = await run(code, { limits: { pythonMs: 100 } })

    assert.deepEqual([result.outcome, result.prints], ['time', 'tried\n'])
  })

  it('let the neighbour of all that go on', async () => {
    freeNeighbour()
    const { prints } = await neighboured

    assert.match(prints, /still here/)
  })
})

onLinux('native commands', () => {
  const engine = testNativeEngine()
  const run = runner(engine)
  before(() => engine.ready())
  after(() => engine.close())

  it('find nothing that calls into libraries: no class of ctypes, no module of it, and nobody who holds one', async () => {
    const result = await run(`
sys = json.codecs.sys
seen, unseen = set(), [object, type, BaseException]
while unseen:
    of = unseen.pop()
    for sub in type.__subclasses__(of):
        if sub not in seen:
            seen.add(sub); unseen.append(sub)
held = [name for name, module in list(sys.modules.items()) for item in list(vars(module).values())
        if 'ctypes' in str(getattr(item, '__module__', '')) + str(getattr(item, '__name__', ''))]
frame = sys._getframe()
while frame is not None:
    held += [str(item) for item in (*frame.f_globals.values(), *frame.f_locals.values()) if 'ctypes' in str(type(item))]
    frame = frame.f_back
print(len(seen) > 400, [c for c in seen if 'ctypes' in c.__module__], [n for n in sys.modules if 'ctypes' in n], held)`)

    assert.equal(result.error?.traceback ?? null, null)
    assert.equal(result.prints, 'True [] [] []\n')
  })

  it('find nothing of the zygote in the frames below them', async () => {
    const result = await run(`
sys = json.codecs.sys
frame, names = sys._getframe(), []
while frame is not None:
    names.append((frame.f_code.co_name, sorted(n for n in frame.f_locals if n not in ('wall', 'put_up'))))
    frame = frame.f_back
print(names[-1], names[-2][0], sorted(vars(sys.modules['__main__'])))`)

    assert.equal(result.prints, "('<module>', []) <lambda> []\n")
  })
})

onLinux('native Python whose wall does not hold', () => {
  const holes: { readonly [name: string]: readonly [from: string, to: string, reason: RegExp] } = {
    'refuses nothing': ['0x00050000 | 1, 0x7FFF0000', '0x7FFF0000, 0x7FFF0000', /wall: open gave/],
    'lets sockets through': ['"close": (3, 57)', '"socket": (41, 198), "close": (3, 57)', /wall: socket gave/],
    'lets forks through': ['"close": (3, 57)', '"clone": (56, 220), "close": (3, 57)', /wall: clone gave/],
    'lets programs start': ['"close": (3, 57)', '"execve": (59, 221), "close": (3, 57)', /wall: execve gave/],
    'lets processes be traced': ['"close": (3, 57)', '"ptrace": (101, 117), "close": (3, 57)', /wall: ptrace gave/],
    'lets memory be executed': ['PROT_EXEC = 4', 'PROT_EXEC = 8', /wall: memory to execute gave/],
    'lets any descriptor be read': ['steps += _if_call(numbers[column], [(LOAD, 0, 0, _argument(0)), (IF_EQUAL, 0, 1, SOCKET), (RETURN, 0, 0, ALLOW)])', 'steps += _if_call(numbers[column], [(RETURN, 0, 0, ALLOW)])', /wall: another descriptor to read gave/],
    'has no limit for files': ['"FSIZE", "NOFILE"', '"FSIZE"', /limits: a file was possible/],
    'has no limit for processes': ['"NPROC", ', '', /limits: a process was possible/],
    'has no limit for memory': ['    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))\n', '', /limits: much memory was possible/],
    'cannot install the filter': ['PR_SET_SECCOMP = 22', 'PR_SET_SECCOMP = 9999', /wall: broken WallError|wall: .*prctl/],
  } // biome-ignore format: one a line

  for (const [name, [from, to, reason]] of Object.entries(holes)) {
    it(`is refused with the reason: it ${name}`, async (t) => {
      const native = await filesWith((wall) => {
        assert.ok(wall.includes(from))
        return wall.replace(from, to)
      })
      const engine = testNativeEngine({ native })
      t.after(() => engine.close())

      const refusal = await engine.ready().then(
        () => undefined,
        (error) => error,
      )

      assert.equal(refusal?.code, 'PYTHON_UNAVAILABLE')
      assert.match(String(refusal.cause?.message), reason)
    })
  }

  it('is refused where a loop is not stopped', async (t) => {
    const native = await filesWith((wall) =>
      wall.replace('cpu_seconds, cpu_seconds + 1', 'cpu_seconds + 99, cpu_seconds + 99'),
    )
    const probes = (native.probes ?? '').replace('PROBE_SECONDS = 25', 'PROBE_SECONDS = 4')
    const engine = testNativeEngine({ native: { ...native, probes } })
    t.after(() => engine.close())

    await assert.rejects(engine.ready(), ({ cause }: Error) => /CPU limit: no end within/.test(String(cause)))
  })

  it('leaves its work to Pyodide, loudly', async (t) => {
    const errors: object[] = []
    const native = await filesWith((wall) => wall.replace('0x00050000 | 1', '0x7FFF0000'))
    const log = { ...silentLog, error: (fields: object, message: string) => errors.push({ ...fields, message }) }
    const wished = { runtime: 'native' as const, native: { native, searchPath: process.env.PATH ?? '' } }
    const engine = pythonEngine({ cacheDir: TEST_CACHE_DIR, log, hostCalls: hostSignatures, maxWorkers: 1, ...wished })
    t.after(() => engine.close())

    await engine.ready()
    const result = await runner(engine)(
      "print('by', 'pyodide' if json.codecs.sys.platform == 'emscripten' else 'native')",
    )
    const stats = engine.stats()

    assert.equal(result.prints, 'by pyodide\n')
    assert.deepEqual([stats.runtime, /wall: open gave/.test(stats.refused ?? '')], ['pyodide', true])
    assert.match(JSON.stringify(errors), /native is NOT in force/)
  })

  it('is not there at all: no Python by that name', async (t) => {
    const errors: object[] = []
    const log = { ...silentLog, error: (fields: object) => errors.push(fields) }
    const wished = { runtime: 'native' as const, native: { python: '/nonexistent/python3' } }
    const engine = pythonEngine({ cacheDir: TEST_CACHE_DIR, log, hostCalls: hostSignatures, maxWorkers: 1, ...wished })
    t.after(() => engine.close())

    const result = await runner(engine)("print('ran')")

    assert.equal(result.prints, 'ran\n')
    assert.match(JSON.stringify(errors), /there is no \/nonexistent\/python3/)
  })
})

async function filesWith(change: (wall: string) => string): Promise<{ [name: string]: string }> {
  const files = await readNativeFiles()
  return { ...files, wall: change(files.wall ?? '') }
}

const indented = (code = ''): string =>
  code
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
}
