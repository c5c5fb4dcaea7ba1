"""How well a model trained on a few real episodes predicts the others: cross-validation.

Every episode is held out once. Prints the summed latent error over copying the last frame, at the
last horizon step, with a bootstrap interval over all episodes.

    python benchmarks/real_data.py --data DATASET [--folds 5] [--steps 1500]
"""

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tyro

from wm_robot.models.monitor import bootstrap_ratio
from wm_robot.models.train import train
from wm_robot.models.train_config import PhaseConfig, TrainConfig


@dataclass(frozen=True, kw_only=True)
class Options:
    """Cross-validation of `wmr train`.

    Args:
        data: LeRobotDataset v3.
        folds: parts that are held out in turn.
        steps: most optimiser steps of each phase.
        seed: of the training runs.
    """

    data: Path
    folds: int = 5
    steps: int = 1500
    seed: int = 0


def main() -> None:
    options = tyro.cli(Options)
    sums, reports = [], []
    for fold in range(options.folds):
        with tempfile.TemporaryDirectory() as folder:
            config = TrainConfig(
                data=options.data,
                output=Path(folder),
                seed=options.seed,
                fold=fold,
                held_out=1 / options.folds,
                encoder_phase=PhaseConfig(steps=options.steps, batch=24, rollout=3),
                latent_phase=PhaseConfig(steps=options.steps, batch=64, rollout=5),
                decoder_steps=1,
                threads=1,
            )
            report = train(config, lambda *_: None)["prediction"]
        reports.append(report)
        sums.append(np.array(report["episode_errors"]))
        print(
            f"fold {fold}: model / copy last {sums[-1][:, 0].sum() / sums[-1][:, 1].sum():.3f}",
            file=sys.stderr,
        )
    pooled = np.concatenate(sums)
    result = {
        "episodes": len(pooled),
        "ratio": pooled[:, 0].sum() / pooled[:, 1].sum(),
        "interval": bootstrap_ratio(pooled, options.seed),
        "by_horizon": {
            name: np.mean([r[name] for r in reports], axis=0).round(4).tolist()
            for name in ("model", "copy_last", "linear")
        },
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
