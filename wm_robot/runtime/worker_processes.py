"""A pool of processes that each compute on one core."""

import multiprocessing
import os
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
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), initializer, args)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
