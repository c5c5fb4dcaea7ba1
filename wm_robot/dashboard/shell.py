"""The outer page: a bar with the STOP button, and the view in a frame; a process of its own.

STOP goes from the browser to this process and from here to the arm, by nothing else: it works while the view,
viser and even the planner hang. Stopping needs no token, because it never moves an arm; releasing does.
"""

import hmac
import json
import math
import ssl
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from wm_robot.core.errors import WmrError
from wm_robot.dashboard.parenthood import end_with_parent, runs
from wm_robot.dashboard.ports import family_of
from wm_robot.dashboard.sites import from_own_page
from wm_robot.dashboard.stops import Recorded, SimulatedArm, StationArm, Stops
from wm_robot.dashboard.subject import Address, Subject
from wm_robot.insight.audit import NOT_BEFORE
from wm_robot.runtime.control.scheduling import be_ordinary

VIEW = "view.json"
"""In the board's folder: the view's "port" and "pid", or its "error"."""

ENDED = "its process has ended. The planner goes on, and STOP works; start the dashboard again to see more."

HTML = Path(__file__).with_name("shell.html")
FRESH_S = 0.1
"""How old the arm's state may be that a page is told."""

PATIENCE_S = 0.5
"""For the arm's state: a browser has few connections, and STOP must not queue behind pages that wait."""

NOT_OURS = (
    "another site's page may not do this; where this is the dashboard's own, open it by the address that was "
    "printed, by this machine's IP address, or start it with its name as --page.host"
)

LONGEST = 4096
"""Bytes of a request's body."""


def stops_of(subject: Subject) -> Stops:
    if subject.station:
        return StationArm(subject.station, subject.watch if subject.relayed else None, subject.watch)
    return Recorded() if subject.watch is None else SimulatedArm(subject.watch)


class Shell(ThreadingHTTPServer):
    """Serves the outer page.

    Args:
        subject: what is shown.
        address: where.
        board: folder in which the view tells its port.

    Raises:
        WmrError: nothing can listen there, or the certificate cannot be used.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, subject: Subject, address: Address, board: Path) -> None:
        self.subject, self.address, self.board = subject, address, board
        self.stops = stops_of(subject)
        self._turn, self._asked_s, self._arm = threading.Lock(), -math.inf, {}
        self._answered = threading.Event()
        self._answered.set()
        self.address_family = family_of(address.host)
        try:
            super().__init__((address.host, address.port), Handler)
        except (OSError, OverflowError) as error:
            raise WmrError(
                f"the page cannot be served at {address.host}:{address.port}: {error}; "
                "choose another --port or --host"
            ) from error
        if address.certificate is not None:
            self.socket = self._context(address.certificate, address.key).wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )  # a client that never shakes hands must not keep others from STOP

    @staticmethod
    def _context(certificate: Path, key: Path | None) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_cert_chain(certificate, key)
        except (OSError, ssl.SSLError) as error:
            raise WmrError(f"{certificate} with key {key} is no certificate for TLS: {error}") from error
        return context

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that has gone is no error."""

    def state(self) -> dict[str, Any]:
        """What the bar shows; however many pages ask, the arm's control is asked a few times a second."""
        arm = self._arm_now()
        try:
            view = json.loads((self.board / VIEW).read_text())
        except (OSError, ValueError):
            view = {}
        if "pid" in view and not runs(view["pid"]):
            view = {"error": ENDED}
        return {**arm, "view": view, "title": self.subject.title, "warning": self.address.warning}

    def _arm_now(self) -> dict[str, Any]:
        with self._turn:
            if self._answered.is_set() and time.monotonic() - self._asked_s > FRESH_S:
                self._asked_s = time.monotonic()
                self._answered.clear()
                threading.Thread(target=self._ask_arm, name="arm's state", daemon=True).start()
        if self._answered.wait(PATIENCE_S):
            return self._arm
        silent_s = time.monotonic() - self._asked_s
        return {"state": "silent", "why": f"the arm's control does not answer since {silent_s:.1f} s"}

    def _ask_arm(self) -> None:
        try:
            self._arm = self.stops.state()
        except Exception as error:
            why = str(error) if isinstance(error, WmrError) else f"{type(error).__name__}: {error}"
            self._arm = {"state": "silent", "why": why}
        self._answered.set()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Shell  # type: ignore[assignment]
    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_GET(self) -> None:
        path = urlparse(self.path).path
        if not self._from_own_page():
            self._send_json(HTTPStatus.FORBIDDEN, {"error": NOT_OURS})
        elif path == "/":
            self._send(HTTPStatus.OK, HTML.read_bytes(), "text/html; charset=utf-8")
        elif path == "/state":
            self._send_json(HTTPStatus.OK, self.server.state())
        else:
            self._send_json(HTTPStatus.NOT_FOUND, {"error": "no such page"})

    def do_POST(self) -> None:
        orders = {"/stop": self._stop, "/release": self._release, "/token": self._check}
        order = orders.get(urlparse(self.path).path)
        given = self._read()  # read in any case, or the next request would begin with it
        if order is None:
            self._send_json(HTTPStatus.NOT_FOUND, {"error": "no such order"})
        elif not self._from_own_page():
            self._send_json(HTTPStatus.FORBIDDEN, {"error": NOT_OURS})
        elif order != self._stop and not self._authorised(given):
            self._send_json(
                HTTPStatus.FORBIDDEN, {"error": "wrong token; the right one was printed at start"}
            )
        else:
            status, answer = self._carried_out(order)
            try:
                self._send_json(status, answer)
            finally:
                if order != self._check:
                    self._note(order.__name__.strip("_"), answer)

    def _carried_out(self, order: Callable[[], str]) -> tuple[HTTPStatus, dict[str, Any]]:
        try:
            return HTTPStatus.OK, {"told": order()}
        except WmrError as error:
            return HTTPStatus.CONFLICT, {"error": str(error)}
        except Exception as error:  # such as a full disk; a page that hears nothing knows nothing
            return HTTPStatus.INTERNAL_SERVER_ERROR, {"error": f"{type(error).__name__}: {error}"}

    def _note(self, order: str, answer: dict[str, Any]) -> None:
        """Who stopped or released, and what came of it; afterwards, because no disk may hold up a stop."""
        subject = self.server.subject
        if subject.replay is None:
            with suppress(WmrError):
                subject.audit.add(
                    f"page at {self.client_address[0]}", {order: (NOT_BEFORE, *answer.values())}
                )

    def _stop(self) -> str:
        return self.server.stops.stop()

    def _release(self) -> str:
        return self.server.stops.release()

    def _check(self) -> str:
        return "right"

    def _authorised(self, given: dict[str, Any]) -> bool:
        token = str(given.get("token", ""))
        return hmac.compare_digest(token.encode(), self.server.address.token.encode())

    def _from_own_page(self) -> bool:
        return from_own_page(self.headers, self.server.address)  # type: ignore[arg-type]

    def _read(self) -> dict[str, Any]:
        try:
            length = min(int(self.headers.get("Content-Length", 0)), LONGEST)
            given = json.loads(self.rfile.read(length) or b"{}")
        except ValueError:
            return {}
        return given if isinstance(given, dict) else {}

    def _send_json(self, status: HTTPStatus, answer: dict[str, Any]) -> None:
        self._send(status, json.dumps(answer).encode(), "application/json")

    def _send(self, status: HTTPStatus, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Frame-Options", "DENY")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the terminal belongs to the planner."""


def serve(subject: Subject, address: Address, board: Path, ready: Connection) -> None:
    """Body of the process; `ready` gets "" once it serves, or why it cannot."""
    end_with_parent()
    be_ordinary()
    try:
        shell = Shell(subject, address, board)
    except WmrError as error:
        ready.send(str(error))
        sys.exit(1)
    ready.send("")
    shell.serve_forever()
