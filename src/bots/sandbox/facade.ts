/** Our Python files, and how an interpreter takes them in: the same in every engine. */

/** Files that are modules of their own; the others make up the facade, in this order. */
const MODULES = {
  _latchkey: 'runtime',
  _latchkey_methods: 'methods',
  _latchkey_prepare: 'prepare',
  _latchkey_asyncloop: 'asyncloop',
  _latchkey_harden: 'harden',
}
const FACADE = ['values', 'files', 'keyboards', 'telegram', 'http', 'data', 'libs', 'helpers', 'functions', 'prelude']

/** Expects what `pythonParts` gives, as JSON, and `_host_calls` and `_zones`; leaves no name behind. */
export const INSTALL = `
import json as _json, sys as _sys, types as _types
def _module(name, source):
    module = _types.ModuleType(name)
    _sys.modules[name] = module
    exec(compile(source, "<latchkey " + name + ">", "exec", dont_inherit=True), module.__dict__)
    return module
for _name, _text in _json.loads(_modules):
    _module(_name, _text)
_sys.modules["_latchkey_prepare"].install_zones(_json.loads(_zones))
_runtime = _sys.modules["_latchkey"]
_runtime.install(_source, _sys.modules["_latchkey_prepare"].facade_names(_json.loads(_host_calls)))
del _module, _name, _text, _runtime, _json, _sys, _types, _modules, _source, _host_calls, _zones
`

/**
 * @param files Our Python files, by name without `.py`.
 * @returns The values that `INSTALL` wants by those names.
 */
export const pythonParts = (files: { [name: string]: string }) => ({
  _modules: JSON.stringify(Object.entries(MODULES).map(([name, file]) => [name, files[file]])),
  _source: FACADE.map((file) => files[file]).join('\n\n'),
})
