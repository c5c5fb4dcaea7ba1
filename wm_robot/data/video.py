"""Video of one episode: encoding, exact frame access, cutting without loss.

Frames are converted on the calling thread (`threads=1`): for small pictures, starting the
converter's threads costs six times the conversion itself.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from wm_robot.core.errors import DatasetError, ShapeError

Images = NDArray[np.uint8]
"""Consecutive RGB images (T, height, width, 3)."""

TOLERANCE_S = 1e-4
"""Largest distance between a row's timestamp and its video frame's, seconds."""


@dataclass(frozen=True, kw_only=True)
class VideoConfig:
    """How frames are encoded; the default keeps every pixel (docs/data.md has the measurements).

    Args:
        codec: an FFmpeg encoder, such as libx264rgb, libx264 or libsvtav1.
        pix_fmt: its pixel format.
        crf: constant rate factor; 0 is lossless for libx264rgb.
        preset: the encoder's speed preset.
        gop: frames from one key frame to the next; random access decodes up to that many.
    """

    codec: str = "libx264rgb"
    pix_fmt: str = "rgb24"
    crf: int = 0
    preset: str = "ultrafast"
    gop: int = 10


LOSSLESS = VideoConfig()


def encode(images: Images, fps: int, config: VideoConfig = LOSSLESS) -> bytes:
    """An MP4 file with `images` (T, height, width, 3) uint8 at `fps`, its first frame at 0 s.

    The same images give the same bytes, in whatever process.
    """
    if images.ndim != 4 or images.shape[-1] != 3 or images.dtype != np.uint8 or not len(images):
        raise ShapeError(f"video frames ({images.dtype})", images.shape, ("T", "height", "width", 3))
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        options = {"crf": str(config.crf), "preset": config.preset}
        if config.codec == "libsvtav1":
            options["svtav1-params"] = "lp=1"
        stream: Any = container.add_stream(config.codec, rate=fps, options=options)
        stream.height, stream.width = images.shape[1:3]
        stream.pix_fmt = config.pix_fmt
        stream.codec_context.gop_size = config.gop
        stream.codec_context.thread_count = 1
        for t, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            frame.pts, frame.time_base = t, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def decode(
    video: Path | bytes, timestamps_s: NDArray[np.floating], tolerance_s: float = TOLERANCE_S
) -> Images:
    """The frames nearest to ascending `timestamps_s` (T,), as (T, height, width, 3) uint8.

    Reading starts at the last key frame before the first timestamp, so a single frame is cheap
    and an episode is one pass.

    Raises:
        DatasetError: the video is missing or damaged, or a frame is further than `tolerance_s` away.
    """
    wanted = np.asarray(timestamps_s, dtype=np.float64)
    with _opened(video) as (container, stream, name):
        step_s = 1.0 / float(stream.average_rate or 1)
        if wanted[0] > 0:
            container.seek(int((wanted[0] + tolerance_s) / stream.time_base), stream=stream)
        reformatter = VideoReformatter()
        images = np.empty((len(wanted), stream.height, stream.width, 3), np.uint8)
        filled = 0
        for frame in container.decode(stream):
            if frame.is_corrupt:
                raise DatasetError(f"{name}: the frame at {frame.time:.3f} s is damaged")
            while filled < len(wanted) and abs(frame.time - wanted[filled]) <= tolerance_s:
                rgb = reformatter.reformat(frame, format="rgb24", threads=1)
                images[filled] = rgb.to_ndarray()
                filled += 1
            if filled == len(wanted) or frame.time > wanted[filled] + step_s:
                break
    if filled < len(wanted):
        raise DatasetError(
            f"{name} has no frame within {tolerance_s:g} s of {wanted[filled]:.4f} s "
            f"({filled} of {len(wanted)} found): the video is short or its stamps are off"
        )
    return images


def cut(video: Path, from_s: float, to_s: float) -> bytes:
    """The part [from_s, to_s) of `video` as an MP4 that starts at 0 s; packets are copied, not encoded.

    Raises:
        DatasetError: unreadable, or the part does not begin with a key frame.
    """
    buffer = io.BytesIO()
    with _opened(video) as (container, stream, name), av.open(buffer, "w", format="mp4") as output:
        target = output.add_stream_from_template(stream, opaque=True)
        first, last = (round(t / float(stream.time_base)) for t in (from_s, to_s))
        if first:
            container.seek(first, stream=stream)
        started = False
        for packet in container.demux(stream):
            if packet.pts is None or packet.dts is None or not first <= packet.pts < last:
                continue
            if not started and not packet.is_keyframe:
                raise DatasetError(f"{name}: the episode at {from_s:.3f} s does not begin with a key frame")
            started = True
            packet.pts, packet.dts, packet.stream = packet.pts - first, packet.dts - first, target
            output.mux(packet)
        if not started:
            raise DatasetError(f"{name} holds nothing from {from_s:.3f} s to {to_s:.3f} s")
    return buffer.getvalue()


def decode_picture(content: bytes) -> NDArray[np.uint8]:
    """A compressed picture (JPEG, PNG, ...) as (height, width, 3) uint8 RGB."""
    with _opened(content) as (container, stream, _):
        for frame in container.decode(stream):
            rgb = VideoReformatter().reformat(frame, format="rgb24", threads=1)
            return np.asarray(rgb.to_ndarray(), np.uint8)
    raise DatasetError("a compressed picture holds no image")


def stream_info(video: Path | bytes) -> dict[str, Any]:
    """What `meta/info.json` says about a video's stream."""
    with _opened(video) as (container, stream, _):
        context = stream.codec_context
        return {
            "video.height": context.height,
            "video.width": context.width,
            # The decoder's own name (libdav1d) would hide which format this is (av1).
            "video.codec": {"libdav1d": "av1"}.get(context.name, context.name),
            "video.pix_fmt": context.pix_fmt,
            "video.fps": round(float(stream.average_rate or 0)),
            "video.channels": 3,
            "has_audio": bool(container.streams.audio),
            "is_depth_map": False,
        }


@contextmanager
def _opened(video: Path | bytes) -> Iterator[tuple[Any, Any, str]]:
    """(container, video stream, name for messages); FFmpeg's errors become DatasetErrors."""
    name = "video" if isinstance(video, bytes) else str(video)
    try:
        source = io.BytesIO(video) if isinstance(video, bytes) else str(video)
        # A damaged picture must be an error: by default it would be painted over.
        with av.open(source, options={"err_detect": "explode"}) as container:
            if not container.streams.video:
                raise DatasetError(f"{name} has no video stream")
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            yield container, stream, name
    except FileNotFoundError as error:
        raise DatasetError(f"{name} is missing") from error
    except FFmpegError as error:
        raise DatasetError(f"{name} cannot be read: {error}") from error
