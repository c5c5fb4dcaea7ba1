"""Starts the two processes of a dashboard beside the planner's: the outer page and the view."""

import multiprocessing
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from wm_robot.core.errors import MissingDependencyError, WmrError
from wm_robot.dashboard.shell import serve
from wm_robot.dashboard.subject import Address, Subject
from wm_robot.dashboard.view import show
from wm_robot.runtime.worker_processes import one_thread

END_S = 3.0


def require_viser() -> None:
    """Raises MissingDependencyError where it is not installed."""
    if find_spec("viser") is None:
        raise MissingDependencyError("viser", "the dashboard", "dashboard")


@contextmanager
def dashboard(subject: Subject, address: Address) -> Iterator[None]:
    """The page is served while this is entered; the view in it appears some seconds later.

    Raises:
        MissingDependencyError: viser is not installed.
        WmrError: the page cannot be served there.
    """
    require_viser()
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    # One thread: the cores belong to the planner.
    with tempfile.TemporaryDirectory(prefix="wmr-board-") as board, one_thread():
        shell = context.Process(target=serve, args=(subject, address, Path(board), there), name="shell")
        view = context.Process(target=show, args=(subject, address, Path(board)), name="view")
        shell.start()
        there.close()
        try:
            problem = here.recv()
        except EOFError:
            problem = "the page's process died while it started"
        if problem:
            shell.join()
            raise WmrError(problem)
        view.start()
        try:
            yield
        finally:
            for process in (view, shell):
                process.terminate()
            for process in (view, shell):
                process.join(END_S)
                if process.is_alive():
                    process.kill()
                    process.join()
