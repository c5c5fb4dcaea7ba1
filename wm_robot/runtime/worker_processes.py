"""A pool of processes that each compute on one core."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "LP_NUM_THREADS": "0",  # Mesa's software renderer draws in the calling thread
}
"""Libraries read these when they load; more threads than cores cost a tenth of the frames."""


@contextmanager
def worker_processes(
    count: int, initializer: Callable[..., None], *args: Any
) -> Iterator[ProcessPoolExecutor]:
    """A pool of `count` processes, each prepared by `initializer(*args)`; jobs not begun end with it.

    Spawned, not forked: OpenGL contexts and thread pools do not survive a fork.
    """
    with one_thread():
        pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), initializer, args)
        try:
            yield pool
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def one_thread() -> Iterator[None]:
    """Libraries of the processes that start within compute on one thread."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def obey_parent() -> None:
    """In a worker: leave Ctrl-C to the parent, and end with it, even when it is killed.

    The pool's queue alone would wait for ever.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
