"""Orders of a page that the planner's process passes on: in ROS 2 only it reaches who commands the arm."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

from wm_robot.core.errors import WmrError
from wm_robot.core.files import write_atomic

ESTOP, RESET = "estop", "reset"
LOOK_S = 0.02
"""Between two looks for a file."""

ANSWER_S = 9.0
"""For an answer: the planner itself waits 7 s at most for whoever commands the arm."""


class OrderRelay:
    """An order is a file in the folder that the planner takes away, its answer another file.

    Args:
        folder: of the watch.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def ask(self, order: str) -> str:
        """For the page: the answer to ESTOP or RESET by whoever commands the arm.

        An ESTOP that nobody takes stays; a RESET is withdrawn, so that no arm is released late.

        Raises:
            WmrError: it is refused, or nobody answers.
        """
        answer = self._folder / f"{order}.answer"
        try:
            answer.unlink(missing_ok=True)
            (self._folder / RESET).unlink(missing_ok=True)
            write_atomic(self._folder / order, b"")
            return self._wait(answer)
        except OSError as error:
            raise WmrError(f"the order cannot be handed to the planner: {error}") from error
        finally:
            if order == RESET:
                (self._folder / RESET).unlink(missing_ok=True)

    def _wait(self, answer: Path) -> str:
        until_s = time.monotonic() + ANSWER_S
        while not answer.exists():
            if time.monotonic() > until_s:
                raise WmrError("the planner does not pass the order on; press the arm's own emergency stop")
            time.sleep(LOOK_S)
        told = json.loads(answer.read_text())
        if told["error"]:
            raise WmrError(told["error"])
        return told["told"]

    def serve(self, pass_on: Callable[[str], str], over: threading.Event) -> None:
        """For the planner, in a thread of its own: pass every order on until `over` is set.

        Args:
            pass_on: returns the answer, or raises WmrError; called in a thread of its own for each order.
            over: ends this.
        """
        while not over.wait(LOOK_S):
            for order in (ESTOP, RESET):
                try:
                    (self._folder / order).unlink()
                except OSError:  # none is there
                    continue
                threading.Thread(target=self._answer, args=(order, pass_on), daemon=True).start()

    def _answer(self, order: str, pass_on: Callable[[str], str]) -> None:
        told, problem = "", ""
        try:
            told = pass_on(order)
        except Exception as error:  # whatever it is, somebody waits for an answer
            problem = str(error) if isinstance(error, WmrError) else f"{type(error).__name__}: {error}"
        write_atomic(self._folder / f"{order}.answer", json.dumps({"told": told, "error": problem}).encode())
