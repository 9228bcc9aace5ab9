import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { runner, testEngines } from './testing.ts'

const TOOLS = `
sys = json.codecs.sys
real = json.__dict__['__builtins__']
real = real if isinstance(real, dict) else real.__dict__
os = sys.modules['os']
`

/** What one bot does to the interpreter that it shares. */
const poisons = [
  "real['len'] = lambda x: 666",
  "real['print'] = lambda *a, **k: None",
  "real['__import__'] = None",
  "real['leak'] = message.text; real['str'] = int",
  'json.dumps = json.loads = lambda *a, **k: "poisoned"',
  "json.secret = msg; math.pi = 3; re.sub = None",
  'sys.modules.clear()',
  "sys.modules['json'] = sys.modules['math'] = None",
  "import decimal\ndecimal.getcontext().prec = 2\ndecimal.DefaultContext.prec = 3",
  'random.seed(1); random.random = lambda: 0.5',
  'r = sys.modules["_latchkey"]\nr._codes.clear(); r._facade.clear(); r._sources.clear()',
  'r = sys.modules["_latchkey"]\nr.encode = lambda v: b"{}"\nr.plain = None\nr.ask = None',
  'for name in list(sys.modules): sys.modules[name].__dict__["stolen"] = msg',
  'sys.setrecursionlimit(60)\nsys.stdout = sys.stderr = None',
  "kept = ['left behind ' + msg] * 1000\nsys.kept = kept\nBunch.__getattr__ = lambda s, n: 'poison'",
  "big = bytearray(30_000_000)\nsys.big = big",
  "fds = [os.open('/dev/null', os.O_RDONLY) for _ in range(50)]\nsys.fds = fds",
  "os.close(sys.modules['_latchkey']._fd)",
  "os.environ['LEFT'] = msg\nzoneinfo._common.load_tzdata = None\nzoneinfo.ZoneInfo.clear_cache()",
  "datetime.datetime = collections.OrderedDict = None\nhashlib.md5 = hashlib.sha256\nasyncio.run = print",
  "import warnings, logging\nwarnings.simplefilter('error'); logging.disable(50)",
  'class Late:\n    def __del__(self): sys.modules["json"].late = 1\nsys.late = Late()',
  "def gen():\n    try:\n        yield\n    finally:\n        json.gen = 1\ng = gen(); next(g); sys.g = g",
] // biome-ignore format: one a line

const check = `
import decimal
def f(n): return 0 if n == 0 else 1 + f(n - 1)
print(len([1, 2, 3]), str(5), json.dumps({'a': [1]}), json.loads('[1]'), math.pi, re.sub('a', 'b', 'aa'))
print(decimal.Decimal(1) / 7, datetime.datetime(2024, 1, 1).year, hashlib.md5(b'a').hexdigest()[:6], f(200))
print(message.text, message.nothing, type(message).__name__, bot.sendMessage('x').message_id, asyncio.run(asyncio.sleep(0, 5)))
print(datetime.datetime(2024, 7, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin')).utcoffset())
sys = json.codecs.sys
real = json.__dict__['__builtins__']
real = real if isinstance(real, dict) else real.__dict__
left = [n for n in ('leak', 'stolen', 'secret', 'kept', 'big', 'fds', 'late', 'gen', 'g') if hasattr(sys, n) or hasattr(json, n) or n in real]
print(left, dict(sys.modules['os'].environ))
`
/** Where processes are shared, descriptors could be left open in them. */
const descriptors = `\nprint(sys.modules['os'].open('/dev/null', 0) < 10)`
const expected = `3 5 {"a": [1]} [1] 3.141592653589793 bb
0.1428571428571428571428571429 2024 0cc175 200
/start None Bunch 8 5
2:00:00
[] {}
`

for (const { name: engineName, start } of testEngines) {
  describe(`one bot after the other (${engineName})`, () => {
    const engine = start({ maxWorkers: 1 })
    const run = runner(engine)
    before(() => engine.ready())
    after(() => engine.close())

    for (const [index, poison] of poisons.entries()) {
      it(`finds nothing of: ${poison.split('\n')[0]}`, async () => {
        await run(TOOLS + poison, { botId: `poisoner ${index}`, globals: { msg: 'a private message' } })

        for (const clean of ['b', 'c', 'b']) {
          const result = await run(engineName === 'pyodide' ? check + descriptors : check, { botId: `clean ${clean}` })

          assert.equal(result.error?.traceback ?? null, null)
          assert.equal(result.prints, engineName === 'pyodide' ? `${expected}True\n` : expected)
          assert.equal(result.calls.length, 1)
          assert.ok(!JSON.stringify(result).includes('private'))
        }
      })
    }

    // The others have a process for each run anyway.
    const shared = engineName === 'pyodide' ? it : () => {}
    shared('kept its process through all of that but the one that closed the way to the server', () => {
      const lost = Object.values(engine.stats().lost).reduce((sum, count) => sum + count, 0)

      assert.equal(lost, 1)
    })

    it('draws other random numbers each time', async () => {
      const draws = new Set<string>()
      for (let index = 0; index < 12; index += 1) {
        const { prints } = await run('print(random.random(), uuid.uuid4())', { botId: `draws ${index % 4}` })
        draws.add(prints)
      }

      assert.equal(draws.size, 12)
    })

    it('is a fresh namespace for each run of the same bot', async () => {
      await run('kept = 1\nbot.kept = 2\nprint = None\ntime = 5')
      const { prints } = await run("print('kept' in dir(), time.time() > 5)")

      assert.equal(prints, 'False True\n')
    })
  })
}
