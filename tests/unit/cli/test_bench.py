import json

import pytest

from wm_robot.cli.bench import Rollout, Search, run
from wm_robot.cli.main import main
from wm_robot.core.errors import UnknownNameError, WmrError
from wm_robot.kernels import native


def test_rollout_prints_one_json_object_with_a_row_for_each_contestant(capsys):
    assert run(Rollout(quick=True, rounds=2, threads=1, peers=("eager",), json=True)) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["machine"]["threads"] == 1
    rows = {(row["backend"], row["dtype"]): row for row in answer["rows"]}
    ours = [("cpu", dtype) for dtype in native.dtypes()]
    assert list(rows) == [("gemm", "float32"), ("gemm", "bfloat16"), *ours, ("eager", "float32")]
    for (backend, dtype), row in rows.items():
        assert (row["K"], row["H"]) == (64, 8)
        assert 0 < row["plan_ms_p50"] <= row["plan_ms_p99"]
        assert backend == "gemm" or row["parity_rel_err"] < (1e-4 if dtype == "float32" else 5e-2)
    assert rows["gemm", "float32"]["ratio_gemm_fp32"] == 1
    assert rows["eager", "float32"]["speedup_vs_eager"] == 1
    assert rows["cpu", "float32"]["speedup_vs_compile"] is None


def test_rollout_prints_a_table_that_80_columns_hold(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert run(Rollout(quick=True, rounds=1, threads=1, peers=("eager",))) == 0
    shown = capsys.readouterr().out
    assert "64×8, compact 256-d, 2 blocks\n" in shown
    assert "bfloat16" in shown
    assert "…" not in shown


def test_search_tells_the_time_of_a_candidate_and_step(capsys):
    assert run(Search(quick=True, rounds=3, threads=1, json=True)) == 0
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert row["ns_per_sample_step"] == pytest.approx(1e6 * row["plan_ms_p50"] / (row["K"] * row["H"]))


def test_nonsense_is_refused(capsys):
    with pytest.raises(WmrError, match="rounds=0"):
        Rollout(rounds=0)
    with pytest.raises(WmrError, match="threads=-1"):
        Search(threads=-1)
    with pytest.raises(UnknownNameError, match="unknown peer 'tpu'; valid: compile, eager, pytorch_mppi"):
        Rollout(peers=("tpu",))


def test_bench_wants_to_know_what_to_time(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["bench"])
    assert "rollout" in capsys.readouterr().err
