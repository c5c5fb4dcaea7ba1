"""A real browser before a real dashboard; both are left out by name where they are missing."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

CHROMIUM = next(
    (
        path
        for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
        if Path(path).exists()
    ),
    None,
)
FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
PATIENCE_MS = 120_000
"""A page drawn in software, on cores that others use too."""

COARSE = "Object.defineProperty(window, 'devicePixelRatio', {get: () => 0.3})"
"""Few pixels: what is drawn in 3-D does not matter to most tests."""


def free_ports():
    """A port that is free, as is the one after it."""
    for port in range(8400, 9400, 7):
        with contextlib.ExitStack() as stack:
            try:
                for offset in (0, 1):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port + offset))
            except OSError:
                continue
            return port
    raise OSError("no free port from 8400 to 9400")


class Dashboard:
    """`wmr dashboard` with some options, until `end`."""

    def __init__(self, folder, *options):
        self.port = free_ports()
        self.log = folder / "dashboard.log"
        wmr = Path(sys.executable).with_name("wmr")
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "XDG_STATE_HOME": str(folder / "state")}
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [wmr, "dashboard", "--page.port", str(self.port), *options],
                stdout=log,
                stderr=log,
                env=environment,
                cwd=folder,
            )
        self.url = self._find(r"dashboard: (\S+)")
        self.token = self.url.partition("token=")[2]

    @property
    def plain_url(self):
        return self.url.partition("?")[0]

    @property
    def view_pid(self):
        """Of the process that draws: the only one with a niceness of 10."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        (pid,) = [
            int(pid) for pid in children if os.getpriority(os.PRIO_PROCESS, int(pid)) == os.nice(0) + 10
        ]
        return pid

    def _find(self, pattern):
        until = time.monotonic() + PATIENCE_MS / 1000
        while time.monotonic() < until:
            if found := re.search(pattern, self.log.read_text()):
                return found[1]
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.1)
        raise TimeoutError(self.log.read_text())

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    pytest.importorskip("viser", reason="viser is not installed: pip install 'wm_robot[dashboard]'")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: apt-get install chromium")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser):
    """A function that opens an address in a window of its own."""
    contexts = []

    def open_(url, *, width=1280, height=800, coarse=True):
        context = browser.new_context(viewport={"width": width, "height": height})
        context.set_default_timeout(PATIENCE_MS)
        if coarse:
            context.add_init_script(COARSE)
        contexts.append(context)
        page = context.new_page()
        page.goto(url)
        return page

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def start(tmp_path):
    """A function that starts a dashboard with these options."""
    running = []

    def start_(*options):
        running.append(Dashboard(tmp_path, *options))
        return running[-1]

    yield start_
    for dashboard in running:
        dashboard.end()


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """A simulation that several tests look at, one after the other."""
    dashboard = Dashboard(tmp_path_factory.mktemp("shared"))
    yield dashboard
    dashboard.end()
