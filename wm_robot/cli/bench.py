"""Time planning on this machine, beside its limit and its peers."""

import json
import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console
from rich.progress import track
from rich.table import Table

from wm_robot.benchmarks.analytic import AnalyticRow, measure_analytic
from wm_robot.benchmarks.rollout import PEERS, Row, measure
from wm_robot.benchmarks.workload import Workload
from wm_robot.core.errors import UnknownNameError, WmrError
from wm_robot.core.serialization import to_json
from wm_robot.kernels import native

WORKLOADS = (
    Workload(K=64, H=8),
    Workload(K=256, H=8),
    Workload(K=512, H=16),
    Workload(K=1024, H=16),
    Workload(K=256, H=8, latent=262, width=512, hidden=1024, blocks=4),
)
QUICK_WORKLOADS = WORKLOADS[:1]


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """Time plans in a latent world model: every backend beside the matrix products it cannot do without.

    Args:
        quick: only the smallest workload, a few seconds without torch.compile.
        rounds: interleaved rounds a workload.
        threads: threads of every backend; 0 takes OMP_NUM_THREADS, or else every core.
        peers: which of eager, compile and pytorch_mppi to run beside.
        json: print one JSON object on standard output instead of the table.
    """

    quick: bool = False
    rounds: int = 30
    threads: int = 0
    peers: tuple[str, ...] = PEERS
    json: bool = False

    def __post_init__(self) -> None:
        _check(self.rounds, self.threads)
        for peer in self.peers:
            if peer not in PEERS:
                raise UnknownNameError("peer", peer, PEERS)
