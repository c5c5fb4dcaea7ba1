"""An emulated SO-101; its modules are importable by name wherever pytest was started."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from so101_on_a_bus import so101_bus, so101_driver


@pytest.fixture
def bus():
    with so101_bus() as bus:
        yield bus


@pytest.fixture
def arm(bus, tmp_path):
    driver = so101_driver(bus, tmp_path)
    driver.connect()
    bus.received.clear()
    yield driver
    driver.disconnect()
