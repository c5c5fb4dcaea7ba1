"""An emulated UR controller that a test gives orders to."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

_numbers = itertools.count(1)


class Controller:
    """The emulated controller, in a process and at an address of its own."""

    def __init__(self) -> None:
        self.host = f"127.83.{os.getpid() % 251}.{next(_numbers)}"
        script = Path(__file__).with_name("rtde_server.py")
        self._process = subprocess.Popen(
            [sys.executable, str(script), self.host],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def __call__(self, order: str, *values: object) -> dict:
        assert self._process.stdin is not None
        print(json.dumps([order, *values]), file=self._process.stdin, flush=True)
        return self._answer()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _answer(self) -> dict:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())
