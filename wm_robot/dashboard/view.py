"""The view's process: viser with all panels, fed with snapshots 10 times a second at most."""

import os
import threading
import time
from collections import deque
from pathlib import Path

from wm_robot.core.errors import WmrError
from wm_robot.core.serialization import write_json
from wm_robot.dashboard.panel import Mind, View
from wm_robot.dashboard.parenthood import end_with_parent
from wm_robot.dashboard.shell import VIEW
from wm_robot.dashboard.subject import Address, Subject
from wm_robot.runtime.watch.snapshot import Snapshot

PERIOD_S = 0.1
REMEMBERED = 150
"""Snapshots that panels may look back at, some 10 MB."""

NICENESS = 10


def show(subject: Subject, address: Address, board: Path) -> None:
    """Body of the process; what ends it is told on the board."""
    end_with_parent()
    os.nice(NICENESS)
    try:
        _run(subject, address, board)
    except WmrError as error:
        write_json(board / VIEW, {"error": str(error)})
    except Exception as error:
        write_json(board / VIEW, {"error": f"{type(error).__name__}: {error}"})
        raise


def _run(subject: Subject, address: Address, board: Path) -> None:
    import viser  # noqa: PLC0415  (an extra)

    from wm_robot.dashboard.page import Page  # noqa: PLC0415  (imports viser)
    from wm_robot.dashboard.scene import Scene  # noqa: PLC0415
    from wm_robot.dashboard.slots import Slot, build  # noqa: PLC0415
    from wm_robot.runtime.watch.watcher import Watcher  # noqa: PLC0415

    assert subject.watch is not None
    watcher = Watcher(subject.watch)
    server = viser.ViserServer(host=address.host, port=address.port + 1, label="wm_robot", verbose=False)
    page = Page(server, subject, address.token, watcher)
    panels = [Slot(page, Scene(page)), *build(page)]
    write_json(board / VIEW, {"port": server.get_port()})
    mind = _Loading(subject)
    recent: deque[Snapshot] = deque(maxlen=REMEMBERED)
    while True:
        began_s = time.monotonic()
        page.catch_up()
        snapshot = watcher.newest()
        if snapshot is not None:
            if recent and recent[-1].index == snapshot.index:
                recent.pop()
            recent.append(snapshot)
            view = View(snapshot=snapshot, recent=tuple(recent), mind=mind.loaded)
            for panel in panels:
                panel.show(view)
        time.sleep(max(0.0, PERIOD_S - (time.monotonic() - began_s)))


class _Loading:
    """Loads the model while the view is there already."""

    def __init__(self, subject: Subject) -> None:
        self.loaded: Mind | None = None
        self._subject = subject
        threading.Thread(target=self._load, name="loading", daemon=True).start()

    def _load(self) -> None:
        from wm_robot.kernels.backend import make_backend  # noqa: PLC0415
        from wm_robot.models.checkpoint import load_checkpoint  # noqa: PLC0415  (torch is slow to import)

        model = load_checkpoint(self._subject.checkpoint)
        self.loaded = Mind(model=model, backend=make_backend("cpu", model.predictor_arrays()))
