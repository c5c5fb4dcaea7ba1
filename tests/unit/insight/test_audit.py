"""What was noted stays, whoever is killed when."""

import os
import signal
import subprocess
import sys

import pytest

from wm_robot.core.errors import WmrError
from wm_robot.insight.audit import AuditLog


def test_changes_come_back_in_order(tmp_path):
    log = AuditLog(tmp_path / "new" / "audit.jsonl")
    assert log.read() == ([], 0)
    log.add("ann", {"samples": (128, 256), "planner": ("cem", "mppi")})
    log.add("bob", {"budget_ms": (None, 50.0)})
    changes, broken = log.read()
    assert [(c.who, c.field, c.before, c.after) for c in changes] == [
        ("ann", "samples", 128, 256),
        ("ann", "planner", "cem", "mppi"),
        ("bob", "budget_ms", None, 50.0),
    ]
    assert broken == 0
    assert changes[0].when.endswith("+00:00")


def test_a_line_that_was_cut_short_is_skipped_and_what_follows_is_whole(tmp_path):
    log = AuditLog(tmp_path / "audit.jsonl")
    log.add("ann", {"samples": (1, 2)})
    log.add("ann", {"samples": (2, 3)})
    log.path.write_bytes(log.path.read_bytes()[:-9])
    assert ([c.after for c in log.read()[0]], log.read()[1]) == ([2], 1)
    log.add("bob", {"samples": (2, 4)})
    assert ([c.after for c in log.read()[0]], log.read()[1]) == ([2, 4], 1)


def test_no_changes_make_no_file(tmp_path):
    log = AuditLog(tmp_path / "audit.jsonl")
    log.add("ann", {})
    assert not log.path.exists()


def test_a_file_that_cannot_be_written_says_that_nothing_was_changed(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WmrError, match="nothing was changed"):
        AuditLog(tmp_path / "file" / "audit.jsonl").add("ann", {"samples": (1, 2)})


def test_kill_9_loses_nothing_that_add_returned_from(tmp_path):
    path = tmp_path / "audit.jsonl"
    code = (
        "import sys, pathlib\n"
        "from wm_robot.insight.audit import AuditLog\n"
        "log = AuditLog(pathlib.Path(sys.argv[1]))\n"
        "for k in range(10**6):\n"
        "    log.add('loop', {'k': (k, k + 1)})\n"
        "    print(k, flush=True)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(20):
        last = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    changes, broken = AuditLog(path).read()
    assert [c.before for c in changes] == list(range(len(changes)))
    assert len(changes) > last
    assert broken <= 1
