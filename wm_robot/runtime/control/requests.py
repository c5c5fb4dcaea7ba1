"""Asks the control process of an arm to stop, to reset, or how it is: a socket of this machine's user."""

import json
import socket
import threading
from contextlib import suppress
from typing import Any

from wm_robot.core.errors import WmrError
from wm_robot.runtime.control.station import Station

REQUESTS = ("estop", "stop", "reset", "status")
ANSWER_S = 5.0


class Door:
    """Takes requests for a control loop, one line each, and answers with the state that follows.

    Args:
        station: of the arm; its command must be held.
    """

    def __init__(self, station: Station) -> None:
        self._station = station
        station.door.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(station.door))
        self._listener.listen(8)
        self._waiting: list[str] = []
        self._changed = threading.Condition()
        self._taken = self._told = 0
        self._status: dict[str, Any] = {}
        threading.Thread(target=self._serve, name="door", daemon=True).start()

    def take(self) -> tuple[str, ...]:
        """The requests since the last call, in their order."""
        if not self._waiting:
            return ()
        with self._changed:
            requests, self._waiting = tuple(self._waiting), []
            self._taken += len(requests)
        return requests

    def tell(self, status: dict[str, Any]) -> None:
        """What became of everything that was taken."""
        self._status = status
        if self._told != self._taken:
            with self._changed:
                self._told = self._taken
                self._changed.notify_all()

    def close(self) -> None:
        self._listener.close()
        self._station.door.unlink(missing_ok=True)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(ANSWER_S)
            request = connection.makefile().readline().strip()
            if request not in REQUESTS:
                answer: dict[str, Any] = {"error": f"{request!r} is not one of {', '.join(REQUESTS)}"}
            else:
                if request != "status":
                    self._wait_for(request)
                answer = self._status
            connection.sendall(json.dumps(answer).encode() + b"\n")

    def _wait_for(self, request: str) -> None:
        with self._changed:
            self._waiting.append(request)
            mine = self._taken + len(self._waiting)
            self._changed.wait_for(lambda: self._told >= mine, ANSWER_S)


def ask(station: Station, request: str) -> dict[str, Any] | None:
    """The control process's answer to a request; None where none runs.

    Raises:
        WmrError: one runs but does not answer.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_S)
        try:
            connection.connect(str(station.door))
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        try:
            connection.sendall(f"{request}\n".encode())
            return json.loads(connection.makefile().readline())
        except (OSError, ValueError) as error:
            raise WmrError(
                f"the control process of {station.name!r} does not answer ({error}); "
                "press the arm's own emergency stop"
            ) from error
