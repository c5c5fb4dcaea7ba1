"""`wmr data` speaks to people in sentences and to scripts in one JSON object."""

import json
from pathlib import Path

import numpy as np
import pytest

from wm_robot.cli.main import main
from wm_robot.data.features import camera, vector
from wm_robot.data.writer import DatasetWriter


@pytest.fixture
def dataset(tmp_path) -> Path:
    features = {"observation.images.top": camera(16, 16), "action": vector(["dx"])}
    with DatasetWriter.create(tmp_path / "data", fps=5, features=features) as writer:
        for seed in range(2):
            images = np.random.default_rng(seed).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)
            writer.write_episode({"observation.images.top": images, "action": np.zeros((3, 1))}, "push")
    return tmp_path / "data"


def wmr(capsys, *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_info_as_json_holds_the_facts_and_nothing_else(capsys, dataset):
    code, out, _ = wmr(capsys, "data", "info", dataset, "--json")
    facts = json.loads(out)
    assert code == 0
    assert (facts["episodes"], facts["frames"], facts["fps"], facts["tasks"]) == (2, 6, 5, ["push"])
    assert facts["features"]["action"] == {"dtype": "float32", "shape": [1], "names": ["dx"]}
    assert len(facts["data_hash"]) == 64


def test_info_for_people_names_the_features(capsys, dataset):
    code, out, _ = wmr(capsys, "data", "info", dataset)
    assert code == 0
    assert "observation.images.top" in out
    assert "data_hash" in out


def test_validate_exits_with_2_exactly_when_the_dataset_is_broken(capsys, dataset):
    code, out, err = wmr(capsys, "data", "validate", dataset, "--json")
    assert (code, json.loads(out)["problems"]) == (0, [])
    assert "checking" in err  # the bar stays off standard output
    (dataset / "videos/observation.images.top/chunk-000/file-001.mp4").unlink()
    code, out, _ = wmr(capsys, "data", "validate", dataset, "--json")
    answer = json.loads(out)
    assert (code, answer["broken"]) == (2, True)
    assert "file-001.mp4 is missing" in answer["problems"][0]["what"]
    code, out, _ = wmr(capsys, "data", "validate", dataset)
    assert code == 2
    assert out.rstrip().endswith("is broken")


def test_repair_says_what_it_kept_and_where_the_original_is(capsys, dataset):
    (dataset / "videos/observation.images.top/chunk-000/file-001.mp4").unlink()
    code, out, _ = wmr(capsys, "data", "repair", dataset, "--json")
    answer = json.loads(out)
    assert (code, answer["kept"], list(answer["dropped"])) == (0, 1, ["1"])
    assert Path(answer["original"]).is_dir()
    code, out, _ = wmr(capsys, "data", "repair", dataset)
    assert (code, "nothing had to be done" in out) == (0, True)


@pytest.mark.parametrize("subcommand", ["info", "validate", "repair"])
def test_what_is_no_dataset_costs_one_line_and_exit_code_2(capsys, tmp_path, subcommand):
    code, out, err = wmr(capsys, "data", subcommand, tmp_path / "nothing")
    assert (code, out) == (2, "")
    assert err == f"error: {tmp_path / 'nothing'} is no dataset: it has no meta/info.json\n"


def test_import_refuses_what_needs_none(capsys, dataset, tmp_path):
    code, _, err = wmr(capsys, "data", "import", dataset, "--output", tmp_path / "new")
    assert code == 2
    assert "codebase_version 'v3.0'; only v2.0, v2.1 need an import" in err
    code, _, err = wmr(capsys, "data", "import", tmp_path / "nothing", "--output", tmp_path / "new")
    assert (code, err.startswith("error:")) == (2, True)


def test_collect_refuses_an_unknown_task_in_one_line(capsys, tmp_path):
    code, out, err = wmr(capsys, "collect", "--task", "juggle", "--output", tmp_path / "d", "--workers", 1)
    assert (code, out) == (2, "")
    assert "error: unknown task 'juggle'; valid: " in err
    assert not (tmp_path / "d").exists()
