"""Ctrl-C."""

import os
import signal

import pytest

from wm_robot.runtime.stop_signal import StopSignal


def test_the_first_interrupt_asks_and_the_second_one_insists():
    before = signal.getsignal(signal.SIGINT)
    with StopSignal() as stop:
        assert not stop()
        os.kill(os.getpid(), signal.SIGINT)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
