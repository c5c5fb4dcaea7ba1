"""The person who calibrates servos by hand, at a terminal."""

import select
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from wm_hardware.so101_calibration import Travel
from wm_hardware.sts3215 import TICKS

from wm_robot.core.errors import WmrError

BAR = 32


class ServoTerminal:
    """Asks for Enter, and shows how far each joint has been moved."""

    def __init__(self) -> None:
        self._live = Live(console=Console(stderr=True, highlight=False), auto_refresh=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def confirm(self, text: str) -> None:
        """Show what to do, and wait for Enter.

        Raises:
            WmrError: nobody can answer.
        """
        self._live.console.print(f"[bold]{text}[/] Then press Enter; Ctrl-C gives up.")
        if not sys.stdin.readline():
            raise WmrError("nobody can answer: run the calibration in a terminal")

    def moving(self, travels: Mapping[str, Travel]) -> bool:
        """Show the ranges; False once somebody pressed Enter."""
        if not self._live.is_started:
            self._live.console.print("Press Enter when every joint has been at both ends.")
            self._live.start()
        self._live.update(_ranges(travels), refresh=True)
        if not select.select([sys.stdin], [], [], 0)[0]:
            return True
        sys.stdin.readline()
        self._live.stop()
        return False


def _ranges(travels: Mapping[str, Travel]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("joint", "", "lowest", "now", "highest", "moved by °"):
        table.add_column(column, justify="left" if column in ("joint", "") else "right")
    for name, travel in travels.items():
        degrees = 360 * (travel.high - travel.low) / TICKS
        ticks = [str(value) for value in (travel.low, travel.now, travel.high)]
        table.add_row(name, _bar(travel), *ticks, f"{degrees:.0f}")
    return table


def _bar(travel: Travel) -> str:
    """The turn from 0 to 4095 ticks: ━ where the joint has been, ● where it is."""
    low, now, high = (value * BAR // TICKS for value in (travel.low, travel.now, travel.high))
    return "".join("●" if i == now else "━" if low <= i <= high else "·" for i in range(BAR))
