"""The process that runs one command: its way to the server, its clock, and its end."""

import json
import os
import signal
import struct
import time

SOCKET = 3
HEADER = struct.Struct("<IB")
# Types of frames, as in frames.ts.
READY, CALL, SLEEP, PRINTS, LINE, DONE, FATAL = 1, 2, 3, 4, 5, 6, 7
RUN, RESULT, FAILURE, EXHAUSTED, LIMITS = 2, 3, 4, 5, 7
# How it ends where it could not even report, as in native/exits.ts.
OUT_OF_MEMORY, BROKEN = 71, 70

CHUNK_BYTES = 65536
PRINT_FLUSH_BYTES = 8192
PRINT_GATHER_SECONDS = 0.02
TICK_SECONDS = 0.1
# Given back when memory is short, so that there is some to say so with.
RESERVE_BYTES = 4 * 1024 * 1024

_read = os.read
_write = os.write
_exit = os._exit
_now = time.monotonic
_cpu = time.process_time
_dumps = json.dumps
_loads = json.loads


def receive(wanted):
    """The payload of the next frame of that type. The server's end is also this one's."""
    kind, payload = _frame()
    if kind != wanted:
        _exit(BROKEN)
    return payload


def _frame():
    length, kind = HEADER.unpack(_exactly(HEADER.size))
    return kind, _exactly(length)


def _exactly(length):
    parts = []
    while length > 0:
        part = _read(SOCKET, min(length, CHUNK_BYTES))
        if part == b"":
            _exit(0)
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def send(kind, payload):
    data = memoryview(HEADER.pack(len(payload), kind) + payload)
    try:
        while data:
            data = data[_write(SOCKET, data) :]
    except OSError:
        _exit(0)


def _channel(runtime, limits):
    """What stands for the device: takes the runtime's messages, holds the answer to the last one, watches the clock."""
    answer = b""
    prints = []
    print_bytes = 0
    prints_left = limits["printBytes"]
    frame_bytes = limits["frameBytes"]
    flushed_at = 0.0
    deadline = _cpu() + limits["pythonMs"] / 1000
    report = ""
    interrupted = False
    # A tick in the middle of a frame would write another into it.
    busy = False

    def flush():
        nonlocal print_bytes, flushed_at
        flushed_at = _now()
        if prints:
            text = b"".join(prints)
            prints.clear()
            print_bytes = 0
            send(PRINTS, text)

    def show(text):
        nonlocal print_bytes, prints_left
        # One byte more than the cap goes out, so that the server sees that there was more.
        text = text[: prints_left + 1]
        prints_left = max(-1, prints_left - len(text))
        if not text:
            return
        prints.append(text)
        print_bytes += len(text)
        # A line at once, so that a run that is killed has shown it; many lines together.
        if print_bytes >= PRINT_FLUSH_BYTES or text.endswith(b"\n") and _now() - flushed_at > PRINT_GATHER_SECONDS:
            flush()

    def ask(kind, payload):
        nonlocal answer
        if len(payload) > frame_bytes:
            answer = f"tthe arguments are too large: {len(payload)} bytes of at most {frame_bytes}".encode()
            return
        flush()
        send(kind, payload)
        kind, body = _frame()
        answer = {RESULT: b"r", FAILURE: b"e"}.get(kind, b"x") + body

    def write(_fd, message):
        nonlocal busy
        busy = True
        try:
            handle(bytes(message[:1]), bytes(message[1:]))
        finally:
            busy = False

    def handle(kind, body):
        nonlocal report
        if kind == b"c":
            ask(CALL, body)
        elif kind == b"s":
            ask(SLEEP, body)
        elif kind == b"p":
            show(body)
        elif kind == b"l":
            send(LINE, body[:20])
        elif kind == b"d":
            report = body[:frame_bytes].decode("utf-8", "replace")

    def take():
        return answer

    def tick(number, frame):
        nonlocal busy, interrupted
        if busy:
            return
        busy = True
        flush()
        busy = False
        if _cpu() >= deadline:
            interrupted = True
            runtime._on_limit(number, frame)

    def end():
        nonlocal busy
        busy = True
        flush()
        spent = max(0.0, (_cpu() - deadline) * 1000 + limits["pythonMs"])
        send(DONE, _dumps({"heapBytes": 0, "pythonMs": spent, "interrupted": interrupted, "report": report}).encode())

    def give(order):
        nonlocal answer
        answer = order

    return write, take, tick, give, end


def _roomy(describe):
    """Describing an error takes memory, and may have to be done for want of it."""
    # Bytes and not a bytearray, which would be written to, and so take real memory of every run that waits.
    reserve = [bytes(RESERVE_BYTES)]

    def roomy(error):
        reserve.clear()
        return describe(error)

    return roomy


def run(runtime, put_up):
    """Waits for an order, lets `put_up` close the wall, runs it, reports, and ends. Never returns."""
    try:
        send(READY, b'{"heapBytes": 0}')
        limits = _loads(receive(LIMITS))
        write, take, tick, give, end = _channel(runtime, limits)
        runtime._write = write
        runtime._take = take
        runtime._describe = _roomy(runtime._describe)
        signal.signal(signal.SIGPROF, tick)
        # The wall lets nobody set it any more.
        signal.setitimer(signal.ITIMER_PROF, TICK_SECONDS, TICK_SECONDS)
        put_up(limits)
        del put_up
        give(receive(RUN))
        runtime.serve()
        end()
    except MemoryError:
        _exit(OUT_OF_MEMORY)
    except BaseException as error:
        _give_up(error)
    _exit(0)


def _give_up(error):
    try:
        send(FATAL, _dumps({"reason": f"{type(error).__name__}: {error}"[:500]}).encode())
    finally:
        _exit(BROKEN)
