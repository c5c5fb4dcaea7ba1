"""A search as a CUDA graph: one launch a plan, and nothing asked of the host until it ends."""

import time

import torch
from torch import Tensor

from wm_robot.core.arrays import FloatArray
from wm_robot.kernels.torch_search import TorchSearch


class CapturedSearch:
    """Runs a search on a GPU: one copy there, one launch, one copy back, all on a stream of its own.

    A launched graph cannot be cut short, so a deadline decides beforehand how many rounds it has: as many as
    fit at the pace of the last plan, at least one. A graph is captured when its number of rounds is first
    asked for, the whole search by the first plan; such a plan takes the time of another one, or more, and
    may miss its deadline. The graphs share one pool of memory: only one runs at a time, and what it finds is
    copied before another does.

    Args:
        search: what is run.
        stream: the current one whenever this is made or run.
    """

    def __init__(self, search: TorchSearch, stream: torch.cuda.Stream) -> None:
        self._search, self._stream = search, stream
        self._start = torch.zeros(search.start.size)
        self._start_here = torch.zeros(search.start.size, device="cpu", pin_memory=True)
        self._found_here = torch.zeros(search.found.size, device="cpu", pin_memory=True)
        self.start: dict[str, FloatArray] = {
            name: view.numpy() for name, view in search.start.views(self._start_here).items()
        }
        """What a run begins with, to be written before it."""
        self._found = {name: view.numpy() for name, view in search.found.views(self._found_here).items()}
        self._graphs: dict[int, tuple[torch.cuda.CUDAGraph, Tensor]] = {}
        self._memory = torch.cuda.graph_pool_handle()
        self._round_ns = 0

    def run(self, deadline_ns: int) -> tuple[dict[str, FloatArray], int]:
        """What was found, until the next run, and the rounds done; `deadline_ns` as in HostedSearch."""
        rounds = self._search.rounds
        if deadline_ns:
            rounds = fitting_rounds(deadline_ns - time.monotonic_ns(), self._round_ns, rounds)
        self._start.copy_(self._start_here, non_blocking=True)
        graph, found = self._captured(rounds)
        began_ns = time.monotonic_ns()
        graph.replay()
        self._found_here.copy_(found, non_blocking=True)
        self._stream.synchronize()
        self._round_ns = (time.monotonic_ns() - began_ns) // rounds
        return self._found, rounds

    def _captured(self, rounds: int) -> tuple[torch.cuda.CUDAGraph, Tensor]:
        """The graph of so many rounds, and where it leaves what it finds."""
        if rounds not in self._graphs:
            if not self._graphs:  # what is loaded or allocated by a first use cannot be captured
                self._search.run(self._start, lambda _: True)
            graph = torch.cuda.CUDAGraph()
            # Other threads may go on to use the GPU meanwhile.
            how = {"pool": self._memory, "stream": self._stream, "capture_error_mode": "thread_local"}
            with torch.cuda.graph(graph, **how):
                found = self._search.run(self._start, lambda i: i < rounds)
            self._graphs[rounds] = graph, found
        return self._graphs[rounds]


def fitting_rounds(left_ns: int, round_ns: int, most: int) -> int:
    """Rounds of `round_ns` each that fit into the time left: at least one, all where the pace is unknown."""
    if round_ns == 0:
        return most
    return min(max(left_ns // round_ns, 1), most)
