"""Draws where plans lie under this machine's roof: operations a second over operations a byte of weights.

    wmr bench rollout --json > compact.json
    wmr bench rollout --model one-token --json > one_token.json
    python benchmarks/roofline.py --results compact.json one_token.json --output roofline.png

Needs the extra `bench`. The kernel reads every weight once a tile of 32 candidates and step, so that is the
byte that counts. The roof is measured here: products of large square matrices, and sums of an array larger
than the last cache.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
import tyro

BYTES = {"float32": 4, "bfloat16": 2}
COLOURS = {"float32": "tab:blue", "bfloat16": "tab:orange"}


@dataclass(frozen=True, kw_only=True)
class Options:
    """A roofline plot.

    Args:
        results: what `wmr bench rollout --json` printed, one file or several.
        output: picture to write.
    """

    results: tuple[Path, ...]
    output: Path


def main() -> None:
    options = tyro.cli(Options)
    rows = [row for path in options.results for row in json.loads(path.read_text())["rows"]]
    bandwidth = measured_bandwidth()
    intensity = np.geomspace(1, 256)
    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for dtype, colour in COLOURS.items():
        peak = measured_peak(getattr(torch, dtype))
        axes.plot(intensity, np.minimum(peak, bandwidth * intensity), color=colour)
        axes.annotate(f"torch.mm, {dtype}: {peak:.0f}", (38, peak * 1.06), color=colour)
        ours = [row for row in rows if row["backend"] == "cpu" and row["dtype"] == dtype]
        for marker, row in zip("osD^vP*X", ours, strict=False):
            x, y = 2 * row["reuse"] / BYTES[dtype], row["flops"] / row["plan_ms_p50"] / 1e6
            label = f"{row['K']}×{row['H']}, {row['model']}" if dtype == "float32" else None
            axes.plot(x, y, marker, color=colour, markeredgecolor="black", linestyle="none", label=label)
    axes.annotate(f"memory {bandwidth:.0f} GB/s", (1.1, 1.5 * bandwidth))
    axes.set(
        xscale="log", yscale="log", xlabel="operations a byte of weights", ylabel="GFLOP/s", ylim=(20, None)
    )
    axes.legend(fontsize=8, loc="lower right")
    figure.savefig(options.output, dpi=150)
    print(f"wrote {options.output}")


def measured_peak(dtype: torch.dtype, size: int = 2048) -> float:
    """GFLOP/s of the product of two square matrices."""
    a, b = torch.randn(size, size).to(dtype), torch.randn(size, size).to(dtype)
    return 2 * size**3 / fastest(lambda: torch.mm(a, b)) / 1e9


def measured_bandwidth(megabytes: int = 256) -> float:
    """GB/s read by summing an array that fits no cache."""
    array = torch.ones(megabytes << 18)
    return array.nbytes / fastest(array.sum) / 1e9


def fastest(call: Callable[[], object], rounds: int = 7) -> float:
    """Seconds of the fastest of some calls."""
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


if __name__ == "__main__":
    main()
