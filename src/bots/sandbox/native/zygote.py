"""The process that all native runs are forked from: holds Python with everything imported, and no secret.

Started by the server with an empty environment and one socket. It proves the wall, then forks a child for each order.
A child leaves `serve` with the socket of its run and nothing else.
"""

import gc
import json
import os
import platform
import select
import signal
import socket
import struct
import sys
import time
import types

CONTROL = 3
HEADER = struct.Struct("<IB")
# Types of frames, as in native/zygote.ts.
BOOT, FORK, KILL, LAST = 1, 2, 3, 4
READY, FORKED, EXITED, REFUSED = 1, 2, 3, 4
HELLO = 0
OLDEST = (3, 11)
# What lets everybody else go first.
NICEST = 19


def receive():
    length, kind = HEADER.unpack(_exactly(HEADER.size))
    return kind, json.loads(_exactly(length) or b"null")


def _exactly(length):
    data = b""
    while len(data) < length:
        part = os.read(CONTROL, length - len(data))
        if part == b"":
            # The server is gone, and every child goes with this process.
            os._exit(0)
        data += part
    return data


def send(kind, message):
    payload = json.dumps(message).encode()
    data = HEADER.pack(len(payload), kind) + payload
    while data:
        data = data[os.write(CONTROL, data) :]


def module(name, source):
    made = types.ModuleType(name)
    sys.modules[name] = made
    exec(compile(source, f"<latchkey {name}>", "exec", dont_inherit=True), made.__dict__)
    return made


def prove(wall, boot):
    """Puts up what a zygote itself can do without, and tries the wall that children will be behind."""
    machine = platform.machine()
    program = wall.seccomp_program(machine)
    layers = ["seccomp", "rlimits"]
    if os.geteuid() == 0:
        layers.append("user")
    if wall.leave_namespaces():
        layers.append("namespaces")
    probes = module("_latchkey_probes", boot["native"]["probes"])
    problems = probes.run(program, wall.ARCHITECTURES[machine][1])
    del sys.modules["_latchkey_probes"]
    if problems:
        raise wall.WallError("; ".join(problems))
    return program, layers


def load(boot, wall):
    """The same Python files, installed the same way, as in the other engine."""
    names = {"_modules": boot["modules"], "_source": boot["source"], "_host_calls": boot["hostCalls"], "_zones": boot["zones"]}
    exec(compile(boot["install"], "<latchkey install>", "exec", dont_inherit=True), names)
    harden = sys.modules["_latchkey_harden"]
    harden.forget_modules()
    for name in ("_latchkey_wall", "_latchkey_child", "resource", "platform"):
        sys.modules.pop(name, None)
    # While the collector still shows everything.
    wall.forget_ctypes()
    harden.close_doors()
    return sys.modules["_latchkey"]


def own_names():
    """What `close_doors` takes away from commands, and this process needs."""
    return os.fork, os.waitpid, os.kill, _be_nice(os.setpriority), os._exit, *os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)


def _be_nice(setpriority):
    which = os.PRIO_PROCESS

    def be_nice(pid):
        try:
            setpriority(which, pid, NICEST)
        except OSError:
            # It ends just now.
            pass

    return be_nice


def connect(path, token):
    """A socket of its own for a run, known to the server by the token."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.connect(path)
        payload = token.encode()
        made.sendall(HEADER.pack(len(payload), HELLO) + payload)
        return made.detach()
    finally:
        made.close()


def serve(path, names):
    """Forks for every order and tells of every end. Returns in a child only: its socket."""
    fork, waitpid, kill, be_nice, leave, wake, waker = names
    children = {}
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    poll = select.poll()
    poll.register(CONTROL, select.POLLIN)
    poll.register(wake, select.POLLIN)
    while True:
        for fd, _event in poll.poll():
            if fd == wake:
                os.read(wake, 4096)
                _reap(children, waitpid)
                continue
            kind, order = receive()
            if kind == FORK:
                own = _fork(order, path, children, fork)
                if own is not None:
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    return own
            elif kind in (KILL, LAST):
                pid = next((pid for pid, number in children.items() if number == order["id"]), None)
                if pid is not None and kind == KILL:
                    kill(pid, signal.SIGKILL)
                elif pid is not None:
                    be_nice(pid)
            else:
                leave(0)


def _fork(order, path, children, fork):
    try:
        own = connect(path, order["token"])
        pid = fork()
    except OSError as error:
        send(EXITED, {"id": order["id"], "code": None, "signal": None, "problem": str(error)})
        return None
    if pid == 0:
        return own
    os.close(own)
    children[pid] = order["id"]
    send(FORKED, {"id": order["id"], "pid": pid})
    return None


def _reap(children, waitpid):
    while children:
        pid, status = waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        code = os.waitstatus_to_exitcode(status)
        number = children.pop(pid)
        send(EXITED, {"id": number, "code": max(code, 0) if code >= 0 else None, "signal": -code if code < 0 else None})


def begin():
    if sys.version_info < OLDEST:
        raise RuntimeError(f"Python {platform.python_version()} is older than {'.'.join(map(str, OLDEST))}")
    time.tzset()
    _kind, boot = receive()
    null = os.open("/dev/null", os.O_RDWR)
    wall = module("_latchkey_wall", boot["native"]["wall"])
    child = module("_latchkey_child", boot["native"]["child"])
    program, layers = prove(wall, boot)
    names = own_names()
    freeze = gc.freeze
    runtime = load(boot, wall)
    _go_first()
    size = wall.size_bytes()
    if wall.forbid_files():
        layers.append("Landlock")
    gc.collect()
    freeze()
    send(READY, {"python": platform.python_version(), "layers": layers})
    return boot["socket"], names, null, wall, child, runtime, program, size


def _go_first():
    """Where memory runs out, these are to go before the server and everybody else."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        # One wish less; the limits hold without it.
        pass


def closing(wall, program, size):
    """What a child does between its limits and its order."""

    def put_up(limits):
        seconds = int(-(-limits["pythonMs"] // 1000)) + 1
        wall.limit(seconds, size + limits["heapBytes"])
        wall.lock(program)
        # Nothing that knows how to call into the system stays behind.
        wall.__dict__.clear()

    return put_up


def main():
    try:
        path, names, null, wall, child, runtime, program, size = begin()
    except BaseException as error:
        send(REFUSED, {"reason": f"{type(error).__name__}: {error}"})
        os._exit(1)
    parent = os.getpid()
    own = serve(path, names)
    try:
        wall.keep_only(own, null)
        wall.become_nobody(parent)
        last = child.run, runtime, closing(wall, program, size)
        sys.modules["__main__"].__dict__.clear()
        return last
    except BaseException:
        names[4](1)


# Nothing is kept in a name: commands can walk down to this frame.
(lambda run, runtime, put_up: run(runtime, put_up))(*main())
