"""What all panels share: the GUI, the scene, requests, who may command, and one worker."""

import hmac
import os
import queue
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlparse

import viser

from wm_robot.core.errors import WmrError
from wm_robot.dashboard.deeds import deed
from wm_robot.dashboard.model_facts import read_model_config, workspace_of
from wm_robot.dashboard.subject import Subject
from wm_robot.insight.audit import NOT_BEFORE
from wm_robot.runtime.watch.requests import Request
from wm_robot.runtime.watch.watcher import Watcher

T = TypeVar("T")

LOWEST = 19
"""Niceness of the worker thread."""

SHOWN_S = 8.0
"""How long a message stays."""


LOCAL = ("127.0.0.1", "::1")


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """A request that is not answered yet.

    Args:
        what: is asked for, in words.
        who: asked.
        client_id: of their page; None where nobody did.
        done: told there when it is done.
        then: called when it is done.
    """

    what: str
    who: str
    client_id: int | None
    done: str
    then: Callable[[], None] | None


class Page:
    """See `panel` for how a panel uses it.

    Args:
        server: of viser.
        subject: what is shown.
        token: that whoever commands must know.
        watcher: sends requests; None where nothing runs that could be asked.

    Attributes:
        gui: of all pages.
        scene: of all pages.
        workspace: where the tool may be wanted, m.
        model_config: all of the checkpoint but its weights; there before `view.mind` is.
        audit: who did what.
        peers: addresses of browsers by the port of this machine by which a relay passes them on.

    Raises:
        CheckpointError: there is no checkpoint.
    """

    def __init__(
        self, server: viser.ViserServer, subject: Subject, token: str, watcher: Watcher | None
    ) -> None:
        self.server, self.gui, self.scene, self.subject = server, server.gui, server.scene, subject
        self.model_config = read_model_config(subject.checkpoint)
        self.workspace = workspace_of(subject)
        self._token, self._watcher = token, watcher
        self.audit = subject.audit
        self.peers: Mapping[int, str] = {}
        self._asked: dict[int, _Asked] = {}
        self._work: queue.Queue[Callable[[], None]] = queue.Queue()
        self._finished: queue.Queue[Callable[[], None]] = queue.Queue()
        self._busy: set[int] = set()
        threading.Thread(target=self._run_worker, name="panel work", daemon=True).start()

    def authorised(self, client_id: int | None) -> bool:
        """Whether the page of that number was opened with the token."""
        # viser tells no more of a connection than its number; the address it came by holds the token.
        connection = self.server._websock_server._live_connections.get(client_id)  # type: ignore[arg-type]
        if connection is None or connection.request is None:
            return False
        (given,) = parse_qs(urlparse(connection.request.path).query).get("token", [""])[:1]
        return hmac.compare_digest(given.encode(), self._token.encode())

    def may_command(self, event: Any) -> bool:
        """Whether whoever caused an event of the GUI or the scene may command; told why not."""
        if self.authorised(event.client_id):
            return True
        self.tell_viewer(event.client_id)
        return False

    def attempt(self, event: Any, action: Callable[[], None], refusal: str = "Not possible") -> None:
        """Do what whoever caused `event` asks, if they may; its WmrError is told to them as a `refusal`."""
        if not self.may_command(event):
            return
        try:
            action()
        except WmrError as error:
            self.tell(event, refusal, str(error), wrong=True)

    def tell_viewer(self, client_id: int) -> None:
        """Tell the page of that number why nothing happens there."""
        text = "To command, enter the token at the top; it was printed at start."
        self._tell(client_id, "Viewing only", text, wrong=False)

    def who(self, event: Any) -> str:
        """Whoever caused an event, for the audit log."""
        connection = self.server._websock_server._live_connections.get(event.client_id)
        if connection is None or not connection.remote_address:
            return f"page {event.client_id}, gone"
        address, port = connection.remote_address[:2]
        address = self.peers.get(port, address)
        tunnel = " (this machine, or a tunnel to it)" if address in LOCAL else ""
        return f"page {event.client_id} at {address}{tunnel}"

    def note(self, event: Any, what: str, how: str) -> None:
        """Note in the audit log what somebody does.

        Raises:
            WmrError: it cannot be noted, and must not be done then.
        """
        who = "nobody in particular" if event is None else self.who(event)
        self.audit.add(who, {what: (NOT_BEFORE, how)})

    def ask(
        self, request: Request, event: Any = None, *, done: str = "", then: Callable[[], None] | None = None
    ) -> None:
        """Ask the planner; a refusal, or what was `done`, is told to whoever caused `event`, or to all.

        `then` is called in the loop once it is done. What is asked is noted in the audit log first, but for
        settings, which are noted with their values by `Staging`.
        """
        client_id, (what, how) = None if event is None else event.client_id, deed(request)
        if self._watcher is None:
            self.tell(event, "Not possible", "A recorded run can be looked at, not commanded.", wrong=True)
            return
        try:
            if how:
                self.note(event, what, how)
            who = "" if event is None else self.who(event)
            number = self._watcher.ask(request)
            self._asked[number] = _Asked(what=what, who=who, client_id=client_id, done=done, then=then)
        except WmrError as error:
            self.tell(event, "Not asked", str(error), wrong=True)

    def tell(self, event: Any, title: str, text: str, *, wrong: bool = False) -> None:
        """Show a message to whoever caused `event`; to all pages where it is None or they have gone."""
        self._tell(None if event is None else event.client_id, title, text, wrong=wrong)

    def later(self, panel: object, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Compute `work` in the worker, then call `done` in the loop; nothing where the panel has work."""
        if id(panel) in self._busy:
            return
        self._busy.add(id(panel))
        self._work.put(lambda: self._finish(panel, work, done))

    def busy(self, panel: object) -> bool:
        """Whether the panel's computation is not done yet."""
        return id(panel) in self._busy

    def catch_up(self) -> None:
        """Hear answers and hand over what the worker has finished; for the loop."""
        if self._watcher is not None:
            for answer in self._watcher.answers():
                if (asked := self._asked.pop(answer.number, None)) is not None:
                    self._hear(asked, answer.error)
        while not self._finished.empty():
            self._finished.get()()

    def _hear(self, asked: _Asked, error: str) -> None:
        if error:
            if asked.what:
                with suppress(WmrError):  # nothing was done that would have to be known
                    self.audit.add(asked.who, {asked.what: (NOT_BEFORE, f"refused: {error}")})
            self._tell(asked.client_id, "The planner refuses", error, wrong=True)
            return
        if asked.done:
            self._tell(asked.client_id, "Done", asked.done, wrong=False)
        if asked.then is not None:
            asked.then()

    def _finish(self, panel: object, work: Callable[[], T], done: Callable[[T], None]) -> None:
        try:
            result = work()
        except Exception as error:
            self._busy.discard(id(panel))
            self._tell_failure(panel, error)
            return

        def hand_over() -> None:
            self._busy.discard(id(panel))
            try:
                done(result)
            except Exception as error:  # the loop shows other panels too
                self._tell_failure(panel, error)

        self._finished.put(hand_over)

    def _tell_failure(self, panel: object, error: Exception) -> None:
        text = str(error) if isinstance(error, WmrError) else f"{type(error).__name__}: {error}"
        self._tell(None, type(panel).__name__, text, wrong=True)

    def _run_worker(self) -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST)
        while True:
            self._work.get()()

    def _tell(self, client_id: int | None, title: str, text: str, *, wrong: bool) -> None:
        clients = self.server.get_clients()
        chosen = [clients[client_id]] if client_id in clients else list(clients.values())
        for client in chosen:
            client.add_notification(title, text, auto_close_seconds=SHOWN_S, color="red" if wrong else "blue")
