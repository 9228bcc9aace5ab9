"""Runs in every worker after its start, before any command: takes away what commands must not, or need not, reach.

None of this is the boundary. It keeps honest mistakes friendly and makes the real walls the second thing to meet.
"""


HIDDEN = ("js", "pyodide_js", "pyodide", "_pyodide", "_pyodide_core", "ctypes", "_ctypes", "socket", "_socket", "ssl",
          "subprocess", "multiprocessing", "webbrowser", "_posixsubprocess", "selectors", "select", "pty", "faulthandler")
# Ours, for the start only.
OWN = ("_latchkey_harden", "_latchkey_prepare", "_latchkey_methods", "_latchkey_asyncloop")


def harden(audit):
    """For Pyodide. Gives which JavaScript objects Python still reaches, as JSON, where it is asked to look."""
    import gc
    import os

    _forget_javascript()
    forget_modules()
    os.chdir("/")
    gc.collect()
    found = js_objects() if audit else None
    close_doors()
    return found


def _forget_javascript():
    import sys

    hook = sys.modules["_pyodide._importhook"]
    hook.jsfinder.jsproxies.clear()
    hook.jsfinder.__dict__.clear()
    hook.REPODATA_PACKAGES_IMPORT_TO_PACKAGE_NAME = {}
    hook.JsProxy = None
    for loaded in list(sys.modules.values()):
        if type(loaded).__name__ != "JsProxy":
            for name in [name for name, value in loaded.__dict__.items() if _is_js(value)]:
                del loaded.__dict__[name]
        spec = getattr(loaded, "__spec__", None)
        if type(getattr(spec, "loader", None)).__name__ == "JsLoader":
            spec.loader.__dict__.clear()


def forget_modules():
    """Takes away what knows of the system or of the runtime's host."""
    import sys

    # No finder at all: what commands may import is imported, and nothing else can be found.
    sys.meta_path.clear()
    sys.path_hooks.clear()
    _forget(sys, [name for name in sys.modules if name.split(".")[0] in HIDDEN])


def close_doors():
    """For every engine: the functions that commands have no use for, and what they would find out about the machine."""
    import asyncio
    import builtins
    import gc
    import os
    import sys
    import time

    import _imp
    import _latchkey

    os.environ.clear()
    for name in ("create_builtin", "create_dynamic", "exec_builtin", "exec_dynamic", "init_frozen"):
        _drop(_imp, name)
    for name in ("get_objects", "get_referrers", "get_referents", "freeze", "unfreeze", "set_debug", "callbacks"):
        _drop(gc, name)
    process = ("system popen fork forkpty kill killpg execv execve execl execle execlp execlpe execvp execvpe spawnv spawnve spawnl "
               "spawnle spawnlp spawnlpe spawnvp spawnvpe posix_spawn posix_spawnp abort _exit putenv unsetenv register_at_fork "
               "pipe pipe2 openpty login_tty mkfifo mknod chroot chdir fchdir startfile wait waitpid waitid wait3 wait4 nice setuid "
               "setgid setsid setpgid setreuid setregid setresuid setresgid setgroups initgroups getlogin cpu_count").split()
    for module in (os, sys.modules["posix"]):
        for name in process:
            _drop(module, name)

    for name in ("settrace", "setprofile", "_settraceallthreads", "_setprofileallthreads", "call_tracing", "_current_frames",
                 "_current_exceptions", "addaudithook", "remote_exec", "activate_stack_trampoline", "set_int_max_str_digits"):
        _drop(sys, name)
    limit = sys.setrecursionlimit
    sys.setrecursionlimit = _capped(limit, 1000)
    time.sleep = _latchkey.sleep
    sys.modules["_latchkey_asyncloop"].install()
    sys.argv[:] = [""]
    sys.orig_argv[:] = []
    sys.executable = sys._base_executable = ""
    sys.path.clear()
    sys.path_importer_cache.clear()
    builtins.input = None
    _drop(builtins, "input")
    _drop(builtins, "breakpoint")
    _drop(builtins, "help")
    asyncio.create_subprocess_exec = asyncio.create_subprocess_shell = None
    for name in OWN:
        sys.modules.pop(name, None)


def _is_js(item):
    # A plain type() walk: isinstance would run a class's own hooks.
    return any(base.__name__ in ("JsProxy", "JsException") for base in type(item).__mro__)


def _drop(module, name):
    module.__dict__.pop(name, None)


def _forget(sys, names):
    for name in names:
        parent, _, child = name.rpartition(".")
        sys.modules.pop(name)
        if parent in sys.modules:
            sys.modules[parent].__dict__.pop(child, None)


def _capped(setrecursionlimit, most):
    def capped(limit):
        """Sets the recursion limit, at most to what the stack of this worker is sure to hold."""
        setrecursionlimit(min(limit, most))

    return capped


def js_objects():
    """Counts JavaScript objects that Python can reach. For the check that there are none; needs gc whole."""
    import gc
    import json

    seen = set()
    found = []
    unseen = list(gc.get_objects())
    while unseen:
        item = unseen.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if _is_js(item):
            users = [user for user in gc.get_referrers(item) if user is not unseen]
            found.append(f"{type(item).__name__} in {[_owner(user, item) for user in users]}"[:500])
        unseen.extend(gc.get_referents(item))
    return json.dumps({"walked": len(seen), "found": found})


def _owner(user, item):
    if isinstance(user, dict):
        names = [str(key) for key, value in user.items() if value is item]
        return f"{user.get('__name__', 'dict')}: {names}"
    return type(user).__name__
