"""A search whose rounds the host launches one after another, with an eye on the clock."""

import time

import torch

from wm_robot.core.arrays import FloatArray
from wm_robot.kernels.torch_search import TorchSearch


class HostedSearch:
    """Runs a search on the CPU; anytime, as wm::Search is.

    Args:
        search: what is run.
    """

    def __init__(self, search: TorchSearch) -> None:
        self._search = search
        self._start = torch.zeros(search.start.size)
        self.start: dict[str, FloatArray] = {
            name: view.numpy() for name, view in search.start.views(self._start).items()
        }
        """What a run begins with, to be written before it."""

    def run(self, deadline_ns: int) -> tuple[dict[str, FloatArray], int]:
        """What was found, until the next run, and the rounds done.

        No round begins that would, at the pace of the slowest so far, end after `deadline_ns` on the steady
        clock (0 for none); one is always done.
        """
        rounds, slowest_ns, last_ns = 0, 0, time.monotonic_ns()

        def goes_on(round_: int) -> bool:
            nonlocal rounds, slowest_ns, last_ns
            now_ns = time.monotonic_ns()
            if round_ > 0:
                slowest_ns = max(slowest_ns, now_ns - last_ns)
                if deadline_ns and now_ns + slowest_ns > deadline_ns:
                    return False
            last_ns, rounds = now_ns, round_ + 1
            return True

        found = self._search.run(self._start, goes_on)
        return {name: view.numpy() for name, view in self._search.found.views(found).items()}, rounds
