import pytest

from wm_robot.core.errors import WmrError
from wm_robot.runtime import fault_suite
from wm_robot.runtime.fault_scenarios import SCENARIOS


@pytest.fixture
def judged(monkeypatch, tmp_path):
    """Runs the first scenario; how each run is judged is given, and where they were logged is told."""

    def run(*judgements):
        left, folders = list(judgements), []
        monkeypatch.setattr(
            fault_suite, "_run", lambda scenario, folder, robot: (folders.append(folder) or folder, 0)
        )
        monkeypatch.setattr(fault_suite, "_judge", lambda *_: left.pop(0))
        return fault_suite.inject(SCENARIOS[0], tmp_path), folders

    return run


def test_an_arm_that_was_stopped_before_the_fault_was_there_tries_again_elsewhere(judged):
    result, folders = judged(None, None, "a result")
    assert result == "a result"
    assert len(set(folders)) == 3


def test_after_three_such_tries_the_machine_is_said_to_be_too_busy(judged):
    with pytest.raises(WmrError, match=r"before the fault was there, 3 times; end other programs"):
        judged(None, None, None, "never asked for")
