"""The event loop behind asyncio.run in commands: timers and tasks, and no sockets, threads or processes."""

import asyncio
import asyncio.base_events
import asyncio.events
import asyncio.runners

from _latchkey import sleep as _sleep

MAX_WAIT_SECONDS = 10


class _Timers:
    """Stands where a loop has its selector: there are no files to watch, so waiting is sleeping."""

    def select(self, timeout):
        if timeout is None:
            raise RuntimeError("asyncio waits for something that cannot happen: no task can wake up")
        if timeout > 0:
            _sleep(min(timeout, MAX_WAIT_SECONDS))
        return []

    def close(self):
        pass


class CommandLoop(asyncio.base_events.BaseEventLoop):
    def __init__(self):
        super().__init__()
        self._selector = _Timers()

    def _process_events(self, event_list):
        pass

    def _write_to_self(self):
        pass

    def run_in_executor(self, executor, func, *args):
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


# Its name until 3.13, and since.
_BasePolicy = getattr(asyncio.events, "BaseDefaultEventLoopPolicy", None) or asyncio.events._BaseDefaultEventLoopPolicy


class _Policy(_BasePolicy):
    _loop_factory = CommandLoop


def run(main, *, debug=None, loop_factory=None):
    if asyncio.events._get_running_loop() is not None:
        raise RuntimeError("asyncio.run() cannot be called from a running event loop")
    loop = CommandLoop()
    try:
        asyncio.events.set_event_loop(loop)
        return loop.run_until_complete(main)
    finally:
        try:
            for task in asyncio.tasks.all_tasks(loop):
                task.cancel()
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            asyncio.events.set_event_loop(None)
            loop.close()


def install():
    asyncio.events._set_running_loop(None)
    asyncio.set_event_loop_policy(_Policy())
    asyncio.run = asyncio.runners.run = run
    asyncio.new_event_loop = asyncio.events.new_event_loop = CommandLoop
