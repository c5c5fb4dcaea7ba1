"""What each codec costs and keeps on the pictures of a dataset; the tables in docs/data.md.

Run: python benchmarks/video_codecs.py DATASET [EPISODES]
"""

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from wm_robot.core.errors import DatasetError
from wm_robot.data.reader import read_dataset
from wm_robot.data.video import LOSSLESS, VideoConfig, decode, encode

X264 = VideoConfig(codec="libx264", pix_fmt="yuv420p", crf=18, preset="veryfast")
SVT = VideoConfig(codec="libsvtav1", pix_fmt="yuv420p", crf=30, preset="12", gop=2)
CONFIGS = [
    LOSSLESS,
    replace(LOSSLESS, gop=2),
    replace(LOSSLESS, gop=50),
    replace(LOSSLESS, preset="veryfast"),
    replace(LOSSLESS, crf=12, preset="veryfast"),
    X264,
    replace(X264, crf=0),
    replace(X264, pix_fmt="yuv444p"),
    replace(X264, pix_fmt="yuv444p", crf=12),
    replace(X264, pix_fmt="yuv444p", crf=12, preset="ultrafast"),
    SVT,
    replace(SVT, crf=12, gop=10),
]


def main(root: Path, episodes: int) -> None:
    dataset = read_dataset(root)
    camera = next(key for key, feature in dataset.features.items() if feature.is_video)
    count = min(episodes, len(dataset.episodes))
    sources = [dataset.load_episode(index, [camera])[camera] for index in range(count)]
    frames = sum(map(len, sources))
    print(f"{frames} frames of {camera}, {dataset.root.name}\n")
    print("| codec | format | CRF | preset | GOP | encode/s | decode/s | one frame | B/frame | error | p99 |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for config in CONFIGS:
        began = time.perf_counter()
        videos = [encode(images, dataset.fps, config) for images in sources]
        encoded = time.perf_counter()
        decoded = [
            decode(video, np.arange(len(images)) / dataset.fps)
            for video, images in zip(videos, sources, strict=True)
        ]
        finished = time.perf_counter()
        for video, images in zip(videos, sources, strict=True):
            decode(video, np.array([len(images) // 2 / dataset.fps]))
        single = (time.perf_counter() - finished) / len(videos)
        error = np.abs(np.concatenate(decoded).astype(int) - np.concatenate(sources))
        print(
            f"| {config.codec} | {config.pix_fmt} | {config.crf} | {config.preset} | {config.gop} "
            f"| {frames / (encoded - began):.0f} | {frames / (finished - encoded):.0f} "
            f"| {1000 * single:.1f} ms | {sum(map(len, videos)) / frames:.0f} "
            f"| {error.mean():.2f} | {np.percentile(error, 99):.0f} |"
        )


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20)
    except (IndexError, ValueError, DatasetError) as problem:
        sys.exit(f"{problem}\n{__doc__}")
