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
_file = ""
_codes = {}
_prelude_code = None
_prelude_names = {"__name__": "prelude"}


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


def plain(value):
    """Turns a Python value into what JSON can carry; whole numbers too big for a double travel as text."""
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        number = int(value)
        return number if -SAFE_INT <= number <= SAFE_INT else {"$int": str(number)}
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError(f"{value} cannot be sent: JSON has no such number")
        return float(value)
    if isinstance(value, dict):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)) or type(value).__name__ in ("dict_keys", "dict_values"):
        return [plain(item) for item in value]
    if isinstance(value, (bytes, bytearray)):
        raise TypeError("bytes cannot be sent: decode them first, for example with base64.b64encode(data).decode()")
    if hasattr(value, "isoformat"):
        raise TypeError(f"{type(value).__name__} cannot be sent: use .isoformat() or int(value.timestamp())")
    raise TypeError(f"{type(value).__name__} cannot be sent: use text, numbers, lists and dicts")


def _key(key):
    if isinstance(key, str):
        return str(key)
    if key is None or isinstance(key, (bool, int, float)):
        return _dumps(key)
    raise TypeError(f"keys must be text or numbers, not {type(key).__name__}")


def encode(value):
    return _dumps(plain(value)).encode()


def _line_of(frame):
    while frame is not None:
        if frame.f_code.co_filename == _file:
            return frame.f_lineno
        frame = frame.f_back
    return None


def _on_limit(_signal, frame):
    if not _armed:
        return
    line = _line_of(frame)
    if line is not None:
        _write(_fd, b"l" + str(line).encode())
    raise TimeLimitExceeded("the command used up its Python time")


def _compiled(source):
    key = (_file, source)
    code = _codes.get(key)
    if code is None:
        code = compile(source, _file, "exec", dont_inherit=True)
        if len(_codes) >= MAX_CODES:
            _codes.clear()
        _codes[key] = code
    return code


def _only_user_frames(formatted):
    seen = set()
    while formatted is not None and id(formatted) not in seen:
        seen.add(id(formatted))
        formatted.stack[:] = [frame for frame in formatted.stack if frame.filename == _file]
        formatted = formatted.__cause__ or formatted.__context__


def _error_line(error):
    if isinstance(error, SyntaxError) and error.filename == _file:
        return error.lineno
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _describe(error, source):
    name = type(error).__name__
    line = _error_line(error)
    message = text = ""
    try:
        message = str(error.msg if isinstance(error, SyntaxError) and error.msg else error)[:MAX_TEXT]
        linecache.cache[_file] = (len(source), None, source.splitlines(True), _file)
        formatted = traceback.TracebackException(type(error), error, error.__traceback__, compact=True)
        _only_user_frames(formatted)
        text = "".join(formatted.format())
    except BaseException as broken:
        message = message or f"<the error's text could not be made: {type(broken).__name__}>"
        text = f"{name}: {message}"
    finally:
        linecache.cache.pop(_file, None)
    if len(text) > MAX_TRACEBACK:
        text = text[: MAX_TRACEBACK // 2] + "\n...\n" + text[-MAX_TRACEBACK // 2 :]
    return {"type": name[:200], "message": message, "line": line, "traceback": text}


def _execute(request):
    global _armed, _file
    source = request["code"]
    _file = request["command"] or "command"
    _seed()
    log = RunLog(request["printBytes"])
    sys.stdout = sys.stderr = log
    prelude = dict(_prelude_names)
    exec(_prelude_code, prelude)
    stops = (prelude["ReturnCommand"], SystemExit)
    report = {"error": None, "stopped": False}
    try:
        namespace = prelude["namespace_of"](request)
        code = _compiled(source)
        _armed = True
        exec(code, namespace)
    except stops:
        report["stopped"] = True
    except BaseException as error:
        report["error"] = _describe(error, source)
    finally:
        _armed = False
    return report


def serve():
    """Called by the worker for every run."""
    try:
        report = _execute(_loads(_take()))
    except BaseException as error:
        # A limit that fires between the command's end and here, or a command that broke this module.
        report = {"error": _describe(error, ""), "stopped": False}
    _write(_fd, b"d" + _dumps(report).encode())


def install(prelude_source, names):
    """Takes the prelude, compiled once and executed for every run, and the names that it starts with."""
    global _prelude_code
    _prelude_code = compile(prelude_source, "<latchkey prelude>", "exec", dont_inherit=True)
    _prelude_names.update(names, runtime=sys.modules[__name__])
