"""The view's process: viser with all panels, fed with snapshots 10 times a second at most."""

import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from wm_robot.core.errors import WmrError
from wm_robot.core.serialization import write_json
from wm_robot.dashboard.panel import Mind
from wm_robot.dashboard.parenthood import end_with_parent
from wm_robot.dashboard.ports import free_port
from wm_robot.dashboard.recorded import RecordedRun
from wm_robot.dashboard.shell import VIEW
from wm_robot.dashboard.sources import LiveSource, RecordedSource, Source
from wm_robot.dashboard.subject import Address, Subject
from wm_robot.dashboard.tls_relay import TlsRelay
from wm_robot.dashboard.views import Views
from wm_robot.runtime.control.scheduling import be_ordinary
from wm_robot.runtime.watch.watcher import Watcher

PERIOD_S = 0.1
NICENESS = 10


def show(subject: Subject, address: Address, board: Path) -> None:
    """Body of the process; what ends it is told on the board."""
    end_with_parent()
    be_ordinary()
    os.nice(NICENESS)
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115  (viser greets; the terminal belongs to the planner)
    try:
        _run(subject, address, board)
    except WmrError as error:
        write_json(board / VIEW, {"error": str(error)})
    except Exception as error:
        write_json(board / VIEW, {"error": f"{type(error).__name__}: {error}"})
        raise


def _run(subject: Subject, address: Address, board: Path) -> None:
    import viser  # noqa: PLC0415  (an extra)

    from wm_robot.dashboard.guard import guard  # noqa: PLC0415  (imports viser)
    from wm_robot.dashboard.page import Page  # noqa: PLC0415
    from wm_robot.dashboard.scene import Scene  # noqa: PLC0415
    from wm_robot.dashboard.slots import Slot, build  # noqa: PLC0415

    watcher = None if subject.watch is None else Watcher(subject.watch)
    server = viser.ViserServer(label="wm_robot", verbose=False, **_inner(address))
    page = Page(server, subject, address.token, watcher)
    guard(page, address)
    warning: Any = page.gui.add_markdown("", visible=False)
    source = _source(subject, page.gui, watcher)
    panels = [Slot(page, Scene(page)), *build(page)]
    write_json(board / VIEW, {"port": _public_port(page, address), "pid": os.getpid()})
    mind, views = _Loading(subject), Views(source)
    while True:
        began_s = time.monotonic()
        page.catch_up()
        mind.check()
        new = views.look(mind.loaded)
        if (said := views.warning()) != warning.content:
            warning.content, warning.visible = said, bool(said)
        if views.view is not None:
            for panel in panels:
                if new or panel.at_rest:
                    panel.show(views.view)
        time.sleep(max(0.0, PERIOD_S - (time.monotonic() - began_s)))


def _source(subject: Subject, gui: Any, watcher: Watcher | None) -> Source:
    if watcher is not None:
        source = LiveSource(watcher)
        threading.Thread(target=source.follow, name="following", daemon=True).start()
        return source
    assert subject.replay is not None
    return RecordedSource(gui, RecordedRun(subject.replay))


def _inner(address: Address) -> dict[str, Any]:
    """Where viser listens: where browsers look for it, or with TLS behind the relay, on any port."""
    if address.encrypted:
        return {"host": "127.0.0.1", "port": 0}
    # viser tries later ports too, but where these end it would hang.
    return {"host": address.host, "port": free_port(address.host, address.port + 1)}


def _public_port(page: Any, address: Address) -> int:
    """Where browsers find the view: viser's own port, or with TLS that of a relay to it."""
    inner_port = page.server.get_port()
    if address.certificate is None:
        return inner_port
    relay = TlsRelay(address.host, address.port + 1, inner_port, address.certificate, address.key)
    page.peers = relay.peers
    return relay.port


class _Loading:
    """Loads the model while the view is there already."""

    def __init__(self, subject: Subject) -> None:
        self.loaded: Mind | None = None
        self._problem: Exception | None = None
        self._subject = subject
        threading.Thread(target=self._load, name="loading", daemon=True).start()

    def _load(self) -> None:
        from wm_robot.kernels.backend import make_backend  # noqa: PLC0415
        from wm_robot.models.checkpoint import load_checkpoint  # noqa: PLC0415  (torch is slow to import)

        try:
            model = load_checkpoint(self._subject.checkpoint)
            self.loaded = Mind(model=model, backend=make_backend("cpu", model.predictor_arrays()))
        except Exception as error:
            self._problem = error

    def check(self) -> None:
        """Raise here what went wrong there."""
        if self._problem is not None:
            raise self._problem
