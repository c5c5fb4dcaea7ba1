"""Images and video as data URIs, so that the page needs no other file."""

import base64
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wm_robot.core.types import Image
from wm_robot.data.video import VideoConfig, encode

DISPLAY_WIDTH = 640
GAP = 2
# Every browser plays 4:2:0; the default of the datasets, lossless RGB, plays in hardly any.
BROWSER_VIDEO = VideoConfig(codec="libx264", pix_fmt="yuv420p", crf=18, preset="medium", gop=50)


def adjoin(views: Sequence[NDArray[np.uint8]], axis: int) -> NDArray[np.uint8]:
    """Views (..., h, w, 3) of several cameras in one picture, a thin white line between them."""
    shape = list(views[0].shape)
    shape[axis] = GAP
    line = np.full(shape, 255, np.uint8)
    return np.concatenate([part for view in views for part in (line, view)][1:], axis=axis)


def enlarge(images: NDArray[np.uint8], width: int = DISPLAY_WIDTH) -> NDArray[np.uint8]:
    """Images (..., h, w, 3) with every pixel repeated until they are about `width` wide.

    Repeating shows what the model was given; interpolating would show detail that it never saw.
    """
    factor = max(1, width // images.shape[-2])
    return images.repeat(factor, axis=-3).repeat(factor, axis=-2)


def png(image: Image) -> bytes:
    """`image` (h, w, 3) as a PNG file, without loss."""
    height, width, _ = image.shape
    # Filter type 0, "none", before every row.
    rows = np.concatenate([np.zeros((height, 1), np.uint8), image.reshape(height, width * 3)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)  # 8 bits, RGB, not interlaced
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def image_uri(image: Image) -> str:
    """`image` (h, w, 3) as the value of an <img src>; the page enlarges it."""
    return "data:image/png;base64," + base64.b64encode(png(image)).decode()


def video_uri(images: NDArray[np.uint8], rate_hz: float) -> str:
    """Frames (T, h, w, 3) as the value of a <video src>: H.264, enlarged, in real time."""
    frames = enlarge(images)
    # 4:2:0 halves the colour's resolution, so both sides must be even.
    even = frames[:, : frames.shape[1] // 2 * 2, : frames.shape[2] // 2 * 2]
    video = encode(even, round(rate_hz), BROWSER_VIDEO)
    return "data:video/mp4;base64," + base64.b64encode(video).decode()
