"""`wmr doctor`, with libraries that are there, missing and crashing."""

import json

import pytest

from wm_robot.cli import doctor, ros_findings
from wm_robot.cli.finding import probe


@pytest.fixture
def probes(monkeypatch):
    """Answers of the probes, by a word in their code; everything else works."""
    answers = {}

    def probe(code, setup=None):
        return next((answer for word, answer in answers.items() if word in code), (True, "1.0"))

    monkeypatch.setattr(doctor, "probe", probe)
    monkeypatch.setattr(ros_findings, "probe", probe)
    return answers


def findings(capsys):
    return {f["name"]: f for f in json.loads(capsys.readouterr().out)["findings"]}


def test_a_healthy_machine_exits_with_0_and_needs_no_advice(probes, capsys):
    assert doctor.run(doctor.DoctorConfig(json=True)) == 0
    found = findings(capsys)
    assert all(f["ok"] and not f["advice"] for f in found.values() if f["required"])
    assert {"Python", "torch", "mujoco", "rendering", "rollout kernel", "GPU", "ROS 2"} <= found.keys()


def test_no_rendering_is_an_error_with_the_package_to_install(probes, capsys):
    probes["Renderer"] = (False, "ImportError: cannot load libEGL")
    assert doctor.run(doctor.DoctorConfig(json=True)) == 1
    rendering = findings(capsys)["rendering"]
    assert not rendering["ok"]
    assert "libEGL" in rendering["detail"]
    assert "apt install" in rendering["advice"]


def test_no_kernel_and_no_gpu_are_told_but_cost_nothing_else(probes, capsys):
    probes["instruction_sets"] = (False, "not built")
    probes["cuda"] = (False, "torch finds no CUDA device")
    assert doctor.run(doctor.DoctorConfig(json=True)) == 0
    found = findings(capsys)
    assert "make setup" in found["rollout kernel"]["advice"]
    assert not found["GPU"]["ok"]


def test_the_table_marks_what_is_missing(probes, capsys):
    probes["pyarrow"] = (False, "No module named 'pyarrow'")
    assert doctor.run(doctor.DoctorConfig()) == 1
    shown = capsys.readouterr().out
    assert "✗" in shown
    assert "Something required is missing" in shown


def test_a_scipy_that_does_not_go_with_this_numpy_is_found(probes, capsys):
    probes["scipy.optimize"] = (False, "module 'numpy' has no attribute 'long'")
    assert doctor.run(doctor.DoctorConfig(json=True)) == 1
    scipy = findings(capsys)["scipy"]
    assert scipy["detail"] == "module 'numpy' has no attribute 'long'"
    assert "pip install -c constraints.txt ." in scipy["advice"]


def test_real_data_is_looked_for_where_the_variable_says(probes, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("WM_REAL_DATA", str(tmp_path))
    doctor.run(doctor.DoctorConfig(json=True))
    assert findings(capsys)["real data"] == {
        "name": "real data",
        "ok": True,
        "required": False,
        "detail": str(tmp_path),
        "advice": "",
    }
    monkeypatch.setenv("WM_REAL_DATA", str(tmp_path / "gone"))
    doctor.run(doctor.DoctorConfig(json=True))
    assert not findings(capsys)["real data"]["ok"]


def test_a_probe_survives_a_library_that_kills_its_process():
    ok, detail = probe("import os; os.abort()")
    assert not ok
    assert detail


def test_a_probe_gives_the_last_line_of_what_it_printed_or_of_why_it_failed():
    assert probe("print('noise'); print('2.1')") == (True, "2.1")
    assert probe("assert False, 'no device'") == (False, "no device")
