"""`wmr train` under torchrun: two processes, one world model."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from wm_robot.models.checkpoint import load_checkpoint
from wm_robot.runtime.collect import collect
from wm_robot.runtime.collect_config import CollectConfig

WMR = Path(sys.executable).with_name("wmr")
SMALL = [
    "--model.grid=1",
    "--model.token-dim=4",
    "--model.encoder-width=8",
    "--model.width=16",
    "--model.blocks=1",
    "--model.distance-width=16",
    "--model.distance-layers=1",
    "--encoder-phase.steps=3",
    "--encoder-phase.batch=4",
    "--latent-phase.steps=3",
    "--latent-phase.batch=4",
    "--decoder-steps=2",
    "--held-out=0.25",
    "--threads=1",
]

AVERAGE = """
import torch, torch.distributed as dist
from wm_robot.models.optimization import Optimization
dist.init_process_group("gloo")
layer = torch.nn.Linear(1, 1, bias=False)
layer.weight.data.fill_(1.0)
optimization = Optimization({"layer": layer}, lr=0.1, steps=4)
optimization.step(layer(torch.tensor([[(-2.0, 3.0)[dist.get_rank()]]])).sum(), 0)
print(f"gradient {layer.weight.grad.item():.3f}", flush=True)
"""


@pytest.fixture
def data(tmp_path, monkeypatch) -> Path:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    from drifting_dot import dot

    config = CollectConfig(task="dot", output=tmp_path / "data", episodes=8, steps=12, workers=1)
    collect(config, make_environment=dot)
    return config.output


def torchrun(*command: str) -> subprocess.CompletedProcess:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    return subprocess.run([*launcher, *command], capture_output=True, text=True, timeout=300, check=False)


def test_gradients_are_averaged_over_processes(tmp_path):
    script = tmp_path / "average.py"
    script.write_text(AVERAGE)
    done = torchrun(str(script))
    assert done.returncode == 0, done.stderr
    # The mean of −2 and 3, below the clipping norm of 1; alone, the two would be clipped to −1 and 1.
    assert done.stdout.count("gradient 0.500") == 2, done.stdout


def test_two_processes_leave_one_checkpoint_and_one_report(data, tmp_path):
    done = torchrun(
        str(WMR), "train", "--data", str(data), "--output", str(tmp_path / "run"), "--json", *SMALL
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["checkpoint"] == str(tmp_path / "run")
    assert load_checkpoint(tmp_path / "run").config.environment == "dot"


def test_a_dataset_that_is_not_there_ends_the_run_in_words(tmp_path):
    done = torchrun(str(WMR), "train", "--data", str(tmp_path / "nothing"), "--output", str(tmp_path / "run"))
    assert done.returncode != 0
    assert f"error: {tmp_path / 'nothing'} is no dataset" in done.stderr
