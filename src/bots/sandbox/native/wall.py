"""The wall around a process that runs one command: what it gives up before it reads a word of the user's code.

The kernel's refusals are the boundary here; the language's own restrictions only come first. Layers that a system may
lack (namespaces, Landlock, another user) are added where it has them and never relied on.
"""

import ctypes
import os
import resource
import signal
import struct

# The one descriptor that a child may read and write: its way to the server.
SOCKET = 3
NOBODY = 65534
NICE = 5

PR_SET_PDEATHSIG = 1
PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38
SECCOMP_MODE_FILTER = 2
PROT_EXEC = 4
MAP_ANONYMOUS = 0x20
CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWNET = 0x04000000, 0x08000000, 0x10000000, 0x40000000

# Classic BPF, and the offsets of struct seccomp_data: https://docs.kernel.org/userspace-api/seccomp_filter.html
LOAD, RETURN, IF_EQUAL, IF_AT_LEAST, IF_BITS = 0x20, 0x06, 0x15, 0x35, 0x45
NUMBER, ARCHITECTURE = 0, 4
KILL, REFUSE, ALLOW = 0x80000000, 0x00050000 | 1, 0x7FFF0000

# Numbers of system calls by name, for x86_64 and aarch64; None where there is no such call.
ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
ALLOWED = {
    "close": (3, 57), "munmap": (11, 215), "brk": (12, 214), "mremap": (25, 216), "madvise": (28, 233),
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "sigaltstack": (131, 132),
    "restart_syscall": (219, 128), "futex": (202, 98), "getpid": (39, 172), "gettid": (186, 178), "getrusage": (98, 165),
    "gettimeofday": (96, 169), "time": (201, None), "clock_gettime": (228, 113), "clock_getres": (229, 114),
    "getrandom": (318, 278), "exit": (60, 93), "exit_group": (231, 94),
}
ON_SOCKET = {"read": (0, 63), "write": (1, 64)}
MMAP, MPROTECT = (9, 222), (10, 226)
X32_CALLS = 0x40000000

# Landlock's numbers are the same everywhere: https://docs.kernel.org/userspace-api/landlock.html
LANDLOCK_CREATE, LANDLOCK_RESTRICT = 444, 446

# Taken now: commands, and with them every child, lose these names of os.
_nice, _setgroups, _setresgid, _setresuid = os.nice, os.setgroups, os.setresgid, os.setresuid
_libc = ctypes.CDLL(None, use_errno=True)
_libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
_libc.syscall.restype = ctypes.c_long


class WallError(Exception):
    """A part of the wall could not be put up. Whoever gets this must run nothing."""


def _argument(index):
    # The lower half: all arguments that are looked at are ints, of which the kernel sees no more.
    return 16 + 8 * index


def seccomp_program(machine):
    """The filter, as bytes: nothing is allowed but what is named. Everything else is EPERM, another architecture death."""
    if machine not in ARCHITECTURES:
        raise WallError(f"no list of system calls for {machine}")
    audit, column = ARCHITECTURES[machine]
    steps = [(LOAD, 0, 0, ARCHITECTURE), (IF_EQUAL, 1, 0, audit), (RETURN, 0, 0, KILL), (LOAD, 0, 0, NUMBER)]
    if machine == "x86_64":
        steps += [(IF_AT_LEAST, 0, 1, X32_CALLS), (RETURN, 0, 0, KILL)]
    for numbers in ALLOWED.values():
        if numbers[column] is not None:
            steps += [(IF_EQUAL, 0, 1, numbers[column]), (RETURN, 0, 0, ALLOW)]
    for numbers in ON_SOCKET.values():
        steps += _if_call(numbers[column], [(LOAD, 0, 0, _argument(0)), (IF_EQUAL, 0, 1, SOCKET), (RETURN, 0, 0, ALLOW)])
    # Memory, but none that could be executed and none that is a file.
    prot = [(LOAD, 0, 0, _argument(2)), (IF_BITS, 0, 1, PROT_EXEC), (RETURN, 0, 0, REFUSE)]
    anonymous = [(LOAD, 0, 0, _argument(3)), (IF_BITS, 0, 1, MAP_ANONYMOUS), (RETURN, 0, 0, ALLOW)]
    steps += _if_call(MMAP[column], prot + anonymous)
    steps += _if_call(MPROTECT[column], [*prot, (RETURN, 0, 0, ALLOW)])
    steps.append((RETURN, 0, 0, REFUSE))
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _if_call(number, steps):
    steps = [*steps, (RETURN, 0, 0, REFUSE)]
    return [(IF_EQUAL, 0, len(steps), number), *steps]


def _prctl(option, value, address=0):
    if _libc.prctl(option, value, address, 0, 0) != 0:
        raise WallError(f"prctl {option}: {os.strerror(ctypes.get_errno())}")


def call(number, *arguments):
    """A raw system call. Gives (result, errno)."""
    ctypes.set_errno(0)
    return _libc.syscall(ctypes.c_long(number), *(_long(item) for item in arguments)), ctypes.get_errno()


def _long(item):
    return ctypes.c_long(item) if isinstance(item, int) else item


def leave_namespaces():
    """Away from the network, the message queues and the names of the machine. Gives whether that is possible here."""
    kinds = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS
    return any(_libc.unshare(ctypes.c_int(flags)) == 0 for flags in (kinds, kinds | CLONE_NEWUSER))


def forbid_files():
    """Landlock: no file, no TCP port, no signal to outside. Gives whether the kernel has it."""
    version = call(LANDLOCK_CREATE, 0, 0, 1)[0]
    if version < 1:
        return False
    files = (1 << 13) - 1 | (version >= 2) << 13 | (version >= 3) << 14 | (version >= 5) << 15
    rules = struct.pack("=Q", files)
    if version >= 4:
        rules += struct.pack("=Q", 0b11)
    if version >= 6:
        rules += struct.pack("=Q", 0b11)
    rule_set = call(LANDLOCK_CREATE, ctypes.create_string_buffer(rules, len(rules)), len(rules), 0)[0]
    if rule_set < 0:
        return False
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    done = call(LANDLOCK_RESTRICT, rule_set, 0)[0] == 0
    os.close(rule_set)
    return done


def keep_only(socket, null):
    """Leaves one descriptor open, the socket, and nothing behind the standard ones."""
    for fd in (0, 1, 2):
        os.dup2(null, fd, inheritable=False)
    if socket != SOCKET:
        os.dup2(socket, SOCKET, inheritable=False)
    os.closerange(SOCKET + 1, 4096)


def become_nobody(parent):
    """Another user where this is root, the limits that never change, and an end together with the parent's."""
    _nice(NICE)
    if os.geteuid() == 0:
        _setgroups([])
        _setresgid(NOBODY, NOBODY, NOBODY)
        _setresuid(NOBODY, NOBODY, NOBODY)
    for kind in ("CORE", "FSIZE", "NOFILE", "NPROC", "MEMLOCK", "MSGQUEUE"):
        resource.setrlimit(getattr(resource, f"RLIMIT_{kind}"), (0, 0))
    # Here, because a change of user forgets it.
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise WallError("the parent is gone")


def size_bytes():
    """The size of this process as its limit counts it."""
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def limit(cpu_seconds, memory_bytes):
    """CPU time after which the kernel kills, and the size that the process can grow to."""
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def lock(program):
    """From here on nothing but what the filter names. There is no way back."""
    steps = ctypes.create_string_buffer(program, len(program))
    about = struct.pack("@HP", len(program) // 8, ctypes.addressof(steps))
    about = ctypes.create_string_buffer(about, len(about))
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    _prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(about))


def forget_ctypes():
    """Makes ctypes unreachable for commands: out of the modules, and out of what `__subclasses__` tells."""
    import gc
    import sys
    import weakref

    for name in [name for name in sys.modules if name.partition(".")[0] in ("ctypes", "_ctypes")]:
        del sys.modules[name]
    # Where a class keeps its subclasses: a dict of weak references that only the collector shows.
    for item in gc.get_objects():
        if type(item) is not dict:
            continue
        for key in [key for key, value in item.items() if type(value) is weakref.ReferenceType and _is_of_ctypes(value())]:
            del item[key]


def _is_of_ctypes(item):
    return isinstance(item, type) and item.__module__.partition(".")[0] in ("ctypes", "_ctypes")
