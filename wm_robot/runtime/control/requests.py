"""Asks the control process of an arm to stop, to reset, or how it is: a socket of this machine's user."""

import json
import socket
import threading
import time
from contextlib import suppress
from typing import Any

from wm_robot.core.errors import WmrError
from wm_robot.runtime.control.station import Station

REQUESTS = ("estop", "stop", "reset", "status")
ANSWER_S = 5.0

LONGEST = 64
"""Bytes of a request that are read."""


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
        self._listener.listen(128)  # a full queue refuses whoever comes next
        self._waiting: list[str] = []
        self._changed = threading.Condition()
        self._taken = self._told = 0
        self._status: dict[str, Any] = {}
        self._answer: dict[str, Any] = {}
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
                self._told, self._answer = self._taken, status
                self._changed.notify_all()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listener.close()
        self._station.door.unlink(missing_ok=True)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                if self._listener.fileno() < 0:
                    return
                time.sleep(0.1)  # too many clients have files open; the latch needs none
                continue
            threading.Thread(target=self._serve_client, args=(connection,), daemon=True).start()

    def _serve_client(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(ANSWER_S)
            request = connection.makefile("rb").readline(LONGEST).decode(errors="replace").strip()
            if request not in REQUESTS:
                answer: dict[str, Any] = {"error": f"{request!r} is not one of {', '.join(REQUESTS)}"}
            elif request == "status":
                answer = self._status
            else:
                answer = self._carried_out(request)
            connection.sendall(json.dumps(answer).encode() + b"\n")

    def _carried_out(self, request: str) -> dict[str, Any]:
        with self._changed:
            self._waiting.append(request)
            mine = self._taken + len(self._waiting)
            if self._changed.wait_for(lambda: self._told >= mine, ANSWER_S):
                return self._answer
        return {"error": f"the control loop hangs; it has not heard of {request!r}"}


def ask(station: Station, request: str) -> dict[str, Any] | None:
    """The control process's answer to a request; None where none runs.

    Raises:
        WmrError: one runs but does not answer, or knows no such request.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_S + 1.0)
        try:
            connection.connect(str(station.door))
            connection.sendall(f"{request}\n".encode())
            answer = json.loads(connection.makefile().readline())
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except (OSError, ValueError) as error:
            raise WmrError(
                f"the control process of {station.name!r} does not answer ({error}); "
                "press the arm's own emergency stop"
            ) from error
    if "error" in answer:
        raise WmrError(answer["error"])
    return answer
