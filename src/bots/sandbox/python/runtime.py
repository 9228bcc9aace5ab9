"""Runs one command: reads its request from the host device, executes it, reports how it ended.

The device is the only way out. A write is one message, its first byte says which: c a host call, s a sleep,
p printed text, l the line a limit stopped, d the report. A read takes the answer to the last write.
"""

import io
import json
import linecache
import os
import random
import signal
import sys
import traceback

CHUNK_BYTES = 65536
MAX_CODES = 64
MAX_TEXT = 4000
MAX_TRACEBACK = 12000
SAFE_INT = 2**53

_write = os.write
_read = os.read
_loads = json.loads
_dumps = json.dumps
_seed = random.seed
_fd = -1
_armed = False
# Sources of the commands of this run by name, which is their file name in tracebacks.
_sources = {}
_codes = {}
# Tracebacks then name its exceptions as commands do.
_facade = {"__name__": "builtins"}


class TimeLimitExceeded(BaseException):
    """The command used up its Python time. Not an Exception, so that `except Exception` lets it through."""


class LimitExceeded(BaseException):
    """The server grants this run nothing more: it made too many calls, or took too long in all."""


class RunLog(io.TextIOBase):
    """Where print goes: straight to the host, up to the cap, so that a killed run keeps what it printed."""

    encoding = "utf-8"

    def __init__(self, limit):
        self._left = limit

    def writable(self):
        return True

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self._left >= 0:
            data = text[: self._left + 1].encode("utf-8", "replace")
            self._left -= len(data)
            _write(_fd, b"p" + data)
        return len(text)


def open_device(path):
    global _fd
    _fd = os.open(path, os.O_RDWR)
    signal.signal(signal.SIGINT, _on_limit)


def _take():
    chunks = []
    while True:
        chunk = _read(_fd, CHUNK_BYTES)
        chunks.append(chunk)
        if len(chunk) < CHUNK_BYTES:
            return b"".join(chunks)


def ask(kind, payload):
    """Sends one message and waits for its answer: (status, body)."""
    _write(_fd, kind + payload)
    answer = _take()
    status, body = answer[:1], answer[1:]
    if status == b"x":
        raise LimitExceeded(body.decode())
    if status == b"t":
        raise ValueError(body.decode())
    return status, body


def sleep(seconds):
    """time.sleep for commands: at most 10 s per call, waited for outside and not counted as Python time."""
    seconds = float(seconds)
    if not seconds >= 0:
        raise ValueError("sleep length must be non-negative")
    if seconds > 10:
        raise ValueError("time.sleep waits at most 10 seconds per call; use runCommandAfter for longer waits")
    ask(b"s", repr(seconds).encode())


def plain(value, exact=False):
    """What JSON can carry. Whole numbers too big for a double travel as text, unless the text itself is kept: `exact`."""
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        number = int(value)
        return number if exact or -SAFE_INT <= number <= SAFE_INT else {"$int": str(number)}
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError(f"{value} cannot be sent: JSON has no such number")
        return float(value)
    if isinstance(value, dict):
        return {_key(key): plain(item, exact) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)) or type(value).__name__ in ("dict_keys", "dict_values"):
        return [plain(item, exact) for item in value]
    raise TypeError(_unsendable(value))


def _unsendable(value):
    name = type(value).__name__
    if isinstance(value, (bytes, bytearray)):
        return "bytes cannot be sent: decode them first, for example with base64.b64encode(data).decode()"
    if hasattr(value, "isoformat"):
        return f"{name} cannot be sent: use .isoformat() or int(value.timestamp())"
    if name == "File":
        return "a file cannot be kept or sent here: use bot.sendDocument(file), or its .text()"
    return f"{name} cannot be sent: use text, numbers, lists and dicts"


def _key(key):
    if isinstance(key, str):
        return str(key)
    if key is None or isinstance(key, (bool, int, float)):
        return _dumps(key)
    raise TypeError(f"keys must be text or numbers, not {type(key).__name__}")


def encode(value):
    return _dumps(plain(value)).encode()


def _place_of(frame):
    """The command and the line that a frame is in, or in which it was called."""
    while frame is not None:
        if frame.f_code.co_filename in _sources:
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return None, None


def current_line():
    """The line of the command that is executed right now."""
    return _place_of(sys._getframe(1))[1]


def _on_limit(_signal, frame):
    if not _armed:
        return
    line = _place_of(frame)[1]
    if line is not None:
        _write(_fd, b"l" + str(line).encode())
    raise TimeLimitExceeded("the command used up its Python time")


def _compiled(name, source):
    key = (name, source)
    code = _codes.get(key)
    if code is None:
        code = compile(source, name, "exec", dont_inherit=True)
        if len(_codes) >= MAX_CODES:
            _codes.clear()
        _codes[key] = code
    return code


def execute(name, source, namespace):
    """Executes a command's source; its name is the file name in tracebacks."""
    _sources[name] = source
    exec(_compiled(name, source), namespace)


def _only_user_frames(formatted):
    seen = set()
    while formatted is not None and id(formatted) not in seen:
        seen.add(id(formatted))
        formatted.stack[:] = [frame for frame in formatted.stack if frame.filename in _sources]
        formatted = formatted.__cause__ or formatted.__context__


def _error_place(error):
    if isinstance(error, SyntaxError) and error.filename in _sources:
        return error.filename, error.lineno
    place = None, None
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name in _sources:
            place = name, trace.tb_lineno
        trace = trace.tb_next
    return place


def _describe(error):
    name = type(error).__name__
    command, line = _error_place(error)
    message = text = ""
    try:
        message = str(error.msg if isinstance(error, SyntaxError) and error.msg else error)[:MAX_TEXT]
        for file, source in _sources.items():
            linecache.cache[file] = (len(source), None, source.splitlines(True), file)
        formatted = traceback.TracebackException(type(error), error, error.__traceback__, compact=True)
        _only_user_frames(formatted)
        text = "".join(formatted.format())
    except BaseException as broken:
        message = message or f"<the error's text could not be made: {type(broken).__name__}>"
        text = f"{name}: {message}"
    finally:
        linecache.cache.clear()
    if len(text) > MAX_TRACEBACK:
        text = text[: MAX_TRACEBACK // 2] + "\n...\n" + text[-MAX_TRACEBACK // 2 :]
    return {"type": name[:200], "message": message, "command": command, "line": line, "traceback": text}


def _execute(request):
    global _armed
    _sources.clear()
    _seed()
    sys.stdout = sys.stderr = RunLog(request["printBytes"])
    report = {"error": None, "stopped": False, "warnings": []}
    try:
        _armed = True
        report["stopped"] = _facade["run"](request)
    except SystemExit:
        report["stopped"] = True
    except BaseException as error:
        report["error"] = _describe(error)
    finally:
        _armed = False
    report["warnings"] = _facade["warnings_of"](report["stopped"])
    return report


def serve():
    """Called by the worker for every run."""
    try:
        report = _execute(_loads(_take()))
    except BaseException as error:
        # A limit that fires between the command's end and here, or a command that broke this module.
        report = {"error": _describe(error), "stopped": False, "warnings": []}
    _write(_fd, b"d" + _dumps(report).encode())


def install(facade_source, names):
    """Takes the facade, executed once: it is part of the memory image, and every run begins with it as it was."""
    _facade.update(names, runtime=sys.modules[__name__])
    exec(compile(facade_source, "<latchkey facade>", "exec", dont_inherit=True), _facade)
