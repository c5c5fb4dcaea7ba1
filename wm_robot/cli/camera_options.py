"""Cameras by name on the command line: `--cameras front=/dev/video0 top=ros:/top/color/image_raw`."""

from collections.abc import Sequence

from wm_robot.core.clock import Clock
from wm_robot.core.errors import WmrError
from wm_robot.core.protocols import FrameSource


def make_cameras(
    given: Sequence[str], wanted: Sequence[str], *, simulation: str | None, clock: Clock
) -> list[FrameSource]:
    """A camera for each name that the model wants.

    Args:
        given: "name=source" each; a source is an index, a device or file, or "ros:" and a topic.
        wanted: names of the cameras that the model reads.
        simulation: name of a running simulation whose cameras stand in for those that are not given.
        clock: stamps the frames.

    Raises:
        WmrError: a wanted camera is not given, or one that is not wanted is.
    """
    sources: dict[str, str] = {}
    for text in given:
        name, separator, source = text.partition("=")
        if not separator or not name or not source:
            raise WmrError(f"camera {text!r}; write NAME=SOURCE, such as {wanted[0]}=/dev/video0")
        sources[name] = source
    if unknown := sorted(set(sources) - set(wanted)):
        raise WmrError(f"the model reads no camera {', '.join(unknown)}; it reads {', '.join(wanted)}")
    missing = [name for name in wanted if name not in sources]
    if missing and simulation is None:
        example = " ".join(f"{name}=/dev/video{i}" for i, name in enumerate(wanted))
        raise WmrError(f"the model reads {', '.join(wanted)}; say where they are: --cameras {example}")
    return [_camera(name, sources.get(name), simulation, clock) for name in wanted]


def _camera(name: str, source: str | None, simulation: str | None, clock: Clock) -> FrameSource:
    if source is None:
        from wm_sim.camera import SimCamera  # noqa: PLC0415  (opens OpenGL)

        return SimCamera(name, simulation=simulation or "")
    if source.startswith("ros:"):
        from wm_hardware.ros_camera import RosCamera, RosCameraConfig  # noqa: PLC0415  (optional library)

        return RosCamera(name, RosCameraConfig(topic=source.removeprefix("ros:")), clock)
    from wm_hardware.opencv_camera import OpenCVCamera, OpenCVCameraConfig  # noqa: PLC0415

    return OpenCVCamera(
        OpenCVCameraConfig(name=name, source=int(source) if source.isdecimal() else source), clock
    )
