import json

import pytest

from wm_robot.cli.bench import QUICK_WORKLOADS, BenchConfig, run
from wm_robot.core.errors import WmrError


def test_bench_prints_one_json_object_with_a_row_for_each_workload_and_backend(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(BenchConfig(quick=True, repeats=2, threads=1, json=True)) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [(row["K"], row["H"], row["backend"]) for row in rows] == [
        (w.K, w.H, backend) for w in QUICK_WORKLOADS for backend in ("gemm", "torch", "native")
    ]
    for row in rows:
        assert 0 < row["call_ms_p50"] <= row["call_ms_p99"]
        assert row["backend"] == "gemm" or row["parity_rel_err"] < 1e-4
        assert row["backend"] != "gemm" or row["ratio_gemm_fp32"] == 1


def test_bench_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(BenchConfig(quick=True, repeats=1, threads=1)) == 0
    shown = capsys.readouterr().out
    assert "native" in shown
    assert "64×8" in shown


def test_bench_refuses_no_repeats() -> None:
    with pytest.raises(WmrError, match="repeats=0"):
        BenchConfig(repeats=0)
