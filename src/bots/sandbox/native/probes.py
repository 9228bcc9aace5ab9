"""The self-test of the wall: processes that try what commands must not be able to do, with bare system calls.

A probe reports what it could do. The server believes in the wall only if every attempt in the list was refused.
"""

import errno
import json
import os
import select
import signal
import time

import _latchkey_wall as wall

PROBE_SECONDS = 25
MB = 1024 * 1024
MEMORY_BYTES = 64 * MB
CPU_SECONDS = 1

# Attempts by name: number on x86_64 and aarch64, arguments. Each would succeed, or fail with another error than EPERM,
# if nothing stood in its way, and would do no harm.
ATTEMPTS = {
    "open": (2, None, b"/", 0), "openat": (257, 56, -100, b"/", 0), "openat2": (437, 437, -100, b"/", 0, 0),
    "socket": (41, 198, 1, 1, 0), "socketpair": (53, 199, 1, 1, 0, 0), "connect": (42, 203, 3, 0, 0),
    "sendto": (44, 206, 3, b"x", 0, 0, 0, 0), "recvmsg": (47, 212, 3, 0, 0), "sendmsg": (46, 211, 3, 0, 0),
    "execve": (59, 221, 0, 0, 0), "execveat": (322, 281, -1, b"", 0, 0, 0), "ptrace": (101, 117, 0, 0, 0, 0),
    "process_vm_readv": (310, 270, 0, 0, 0, 0, 0, 0), "kill": (62, 129, 0, 0), "tkill": (200, 130, 0, 0),
    "tgkill": (234, 131, 0, 0, 0), "pidfd_open": (434, 434, -1, 0), "prctl": (157, 167, 3, 0, 0, 0, 0),
    "seccomp": (317, 277, 2, 0, 0), "unshare": (272, 97, 0), "prlimit64": (302, 261, 0, 0, 0, 0), "setuid": (105, 146, -1),
    "ioctl": (16, 29, 0, 0, 0), "fcntl": (72, 25, 0, 1, 0), "dup": (32, 23, 0), "memfd_create": (319, 279, b"x", -1),
    "userfaultfd": (323, 282, -1), "io_uring_setup": (425, 425, 0, 0), "perf_event_open": (298, 241, 0, 0, -1, -1, -1),
    "shmget": (29, 194, 0, 1, 0), "mkdirat": (258, 34, -100, 0, 0), "unlinkat": (263, 35, -100, 0, 0),
    "stat": (262, 79, -100, 0, 0, 0), "chdir": (80, 49, 0), "poll": (271, 73, 0, 0x7FFFFFFF, 0, 0, 0), "nanosleep": (230, 115, 0, 0, 0, 0),
    "memory to execute": (9, 222, 0, 4096, 7, 0x22, -1, 0), "memory of a file": (9, 222, 0, 4096, 1, 2, 3, 0),
    "memory made executable": (10, 226, 0, 4096, 5), "another descriptor to read": (0, 63, 0, 0, 0),
    "another descriptor to write": (1, 64, 1, b"x", 1), "clone": (56, 220, 0x800, 0, 0, 0, 0), "clone3": (435, 435, 0, 0),
}


def run(program, column):
    """All probes at once. Gives the problems: nothing is one if the wall holds."""
    size = wall.size_bytes()
    probes = {
        "wall": _start(lambda: _attack(program, column)),
        "limits": _start(lambda: _meet_limits(size)),
        "CPU limit": _start(_burn),
    }
    try:
        problems = [*_problems("wall", probes), *_problems("limits", probes)]
        # The slowest only where the others leave a question open.
        return problems or _problems("CPU limit", probes)
    finally:
        for pid, pipe in probes.values():
            _kill(pid)
            os.close(pipe)
            os.waitpid(pid, 0)


def _problems(name, probes):
    pid, pipe = probes.pop(name)
    text, status = _end_of(pid, pipe)
    if status is None:
        found = [f"no end within {PROBE_SECONDS} s"]
    elif name == "CPU limit":
        found = _judge_burnt(text, status)
    else:
        found = _judge_report(text, status)
    return [f"{name}: {problem}" for problem in found]


def _start(attack):
    """A child behind what a command's child gets, but for what the probe puts up itself."""
    parent = os.getpid()
    reader, writer = os.pipe()
    null = os.open("/dev/null", os.O_RDWR)
    pid = os.fork()
    if pid == 0:
        try:
            wall.keep_only(writer, null)
            wall.become_nobody(parent)
            os.write(wall.SOCKET, json.dumps(attack()).encode())
        except BaseException as error:
            os.write(wall.SOCKET, json.dumps({"broken": f"{type(error).__name__}: {error}"}).encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.close(null)
    return pid, reader


def _end_of(pid, pipe):
    """What a probe said, and its status: None for one that had to be killed."""
    deadline = time.monotonic() + PROBE_SECONDS
    text = b""
    late = False
    while not late:
        late = not select.select([pipe], [], [], max(0, deadline - time.monotonic()))[0]
        part = b"" if late else os.read(pipe, 65536)
        text += part
        if part == b"":
            break
    if late:
        _kill(pid)
    os.close(pipe)
    status = os.waitpid(pid, 0)[1]
    return text.decode(), None if late else status


def _kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _attack(program, column):
    wall.lock(program)
    results = {}
    for name, (*numbers, one, two, three, four, five, six) in _padded(ATTEMPTS):
        if numbers[column] is not None:
            result, error = wall.call(numbers[column], one, two, three, four, five, six)
            results[name] = "refused" if (result, error) == (-1, errno.EPERM) else f"gave {result}, {errno.errorcode.get(error)}"
    results["fork"] = _refused(_fork)
    return results


def _padded(attempts):
    return [(name, (*attempt, *[0] * (8 - len(attempt)))) for name, attempt in attempts.items()]


def _fork():
    if os.fork() == 0:
        os._exit(0)


def _refused(act, codes=(errno.EPERM,)):
    try:
        act()
    except MemoryError:
        return "refused"
    except OSError as error:
        return "refused" if error.errno in codes else f"failed with {error}"
    return "was possible"


def _meet_limits(size):
    """What the limits refuse where no filter stands before them."""
    wall.limit(CPU_SECONDS + 1, size + MEMORY_BYTES)
    return {
        "a file": _refused(lambda: os.open("/dev/null", os.O_RDONLY), (errno.EMFILE, errno.EACCES)),
        "a process": _refused(_fork, (errno.EAGAIN,)),
        "much memory": _refused(lambda: bytearray(2 * MEMORY_BYTES)),
        "a little memory": "refused" if len(bytearray(MEMORY_BYTES // 8)) else "",
    }


def _burn():
    wall.limit(CPU_SECONDS, 1 << 40)
    while True:
        pass


def _judge_report(text, status):
    if status != 0 or text == "":
        return [f"the probe ended with {status} and said {text[:200]!r}"]
    return [f"{name} {result}" for name, result in json.loads(text).items() if result != "refused"]


def _judge_burnt(text, status):
    fine = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU
    return [] if fine and text == "" else [f"a loop ended with {status} and said {text[:200]!r}"]
