"""How a scene looks: colours, lamp, surroundings and small camera errors, separate from its physics."""

from dataclasses import dataclass, replace

import mujoco
import numpy as np

from wm_robot.core.errors import UnknownNameError
from wm_robot.robots import Box, RobotSpec
from wm_sim.scene import CAMERAS, DISTRACTORS, camera_pose

Colour = tuple[float, float, float]
Vector = tuple[float, float, float]

SHIFTS = ("background", "camera", "colour", "everything", "light")
CAMERA_SHIFT_M = 0.02
CAMERA_TURN_DEG = 3.0
MIN_CONTRAST = 0.4
"""Least distance in RGB between an object and the table under it."""


@dataclass(frozen=True, kw_only=True)
class Distractor:
    """A shape beside the workspace: position as a fraction of the workspace's width from its centre."""

    position: tuple[float, float]
    colour: Colour


@dataclass(frozen=True, kw_only=True)
class Appearance:
    """One look of a scene.

    Args:
        arm, tool, table, object, floor, wall: RGB in [0, 1].
        lamp_position: offset of the lamp from its place above the workspace, m.
        lamp: brightness of its diffuse light.
        ambient: brightness of light without direction.
        headlight: brightness of the light at the camera.
        distractors: shapes beside the workspace, four at most.
        camera_offsets: displacement in m and rotation vector in rad of each camera, by name.
    """

    arm: Colour = (0.78, 0.79, 0.80)
    tool: Colour = (0.08, 0.08, 0.10)
    table: Colour = (0.66, 0.52, 0.36)
    object: Colour = (0.85, 0.08, 0.08)
    floor: Colour = (0.30, 0.33, 0.36)
    wall: Colour = (0.55, 0.60, 0.65)
    lamp_position: Vector = (0.0, 0.0, 0.0)
    lamp: float = 0.55
    ambient: float = 0.25
    headlight: float = 0.25
    distractors: tuple[Distractor, ...] = ()
    camera_offsets: tuple[tuple[str, Vector, Vector], ...] = ()


def shifted(shift: str, rng: np.random.Generator) -> Appearance:
    """A look that differs from the nominal one in `shift` alone.

    "everything" is colour, light and background at once; the cameras stay.

    Raises:
        UnknownNameError: `shift` is none of SHIFTS.
    """
    nominal = Appearance()
    if shift == "colour":
        return _recoloured(nominal, rng, object_change=0.15)
    if shift == "light":
        return _relit(nominal, rng)
    if shift == "background":
        return _with_background(nominal, rng)
    if shift == "camera":
        offsets = tuple(
            (name, _vector(rng, CAMERA_SHIFT_M), _vector(rng, np.deg2rad(CAMERA_TURN_DEG)))
            for name in CAMERAS
        )
        return replace(nominal, camera_offsets=offsets)
    if shift == "everything":
        return _with_background(_relit(_recoloured(nominal, rng, object_change=0.15), rng), rng)
    raise UnknownNameError("shift", shift, SHIFTS)


def apply(appearance: Appearance, model: mujoco.MjModel, robot: RobotSpec, view: Box) -> None:
    """Give `model`, a scene of `robot` whose cameras frame `view`, this look.

    Takes effect at the next `mj_kinematics`.
    """
    named = {"tool": "tool", "table": "table", "floor": "floor", "wall": "wall"}
    for number in range(model.ngeom):
        geom = model.geom(number)
        if geom.name in DISTRACTORS or geom.name == "table_top":
            continue
        # Arm links collide as class 2; what is neither arm nor furniture is a task's object.
        part = named.get(geom.name, "arm" if model.geom_contype[number] == 2 else "object")
        model.geom_rgba[number, :3] = getattr(appearance, part)
    _apply_distractors(appearance, model, robot)
    low, high = np.array(robot.workspace.low), np.array(robot.workspace.high)
    centre = (low + high) / 2
    lamp = model.light("lamp")
    lamp.pos[:] = np.array([centre[0], centre[1], 1.5]) + appearance.lamp_position
    lamp.dir[:] = np.array([centre[0], centre[1], 0.0]) - lamp.pos
    lamp.diffuse[:] = appearance.lamp
    lamp.specular[:] = 0.1
    model.vis.headlight.ambient[:] = appearance.ambient
    model.vis.headlight.diffuse[:] = appearance.headlight
    model.vis.headlight.specular[:] = 0.0
    offsets = {name: (move, turn) for name, move, turn in appearance.camera_offsets}
    for name in CAMERAS:
        position, quat_wxyz = camera_pose(name, view)
        move, turn = offsets.get(name, ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)))
        mujoco.mju_quatIntegrate(quat_wxyz, np.array(turn), 1.0)
        model.camera(name).pos[:] = position + move
        model.camera(name).quat[:] = quat_wxyz


def _apply_distractors(appearance: Appearance, model: mujoco.MjModel, robot: RobotSpec) -> None:
    low, high = np.array(robot.workspace.low), np.array(robot.workspace.high)
    centre, extent = (low + high) / 2, float(np.max((high - low)[:2]))
    for number, name in enumerate(DISTRACTORS):
        geom = model.geom(name)
        geom.rgba[3] = 0.0
        if number < len(appearance.distractors):
            distractor = appearance.distractors[number]
            geom.pos[:2] = centre[:2] + extent * np.array(distractor.position)
            geom.pos[2] = 0.05 * extent
            geom.rgba[:] = (*distractor.colour, 1.0)


def _recoloured(base: Appearance, rng: np.random.Generator, *, object_change: float) -> Appearance:
    object_ = _near(base.object, object_change, rng)
    # A table in the object's own colour would hide it from any eye.
    while np.linalg.norm(np.subtract(table := _colour(rng), object_)) < MIN_CONTRAST:
        pass
    return replace(base, arm=_colour(rng), table=table, object=object_)


def _relit(base: Appearance, rng: np.random.Generator) -> Appearance:
    x, y = rng.uniform(-1.2, 1.2, 2)
    return replace(
        base,
        lamp_position=(float(x), float(y), float(rng.uniform(-0.5, 0.5))),
        lamp=float(rng.uniform(0.2, 0.9)),
        ambient=float(rng.uniform(0.1, 0.4)),
        headlight=float(rng.uniform(0.0, 0.45)),
    )


def _with_background(base: Appearance, rng: np.random.Generator) -> Appearance:
    distractors = []
    for side in rng.permutation(4)[: rng.integers(2, 5)]:
        along, away = rng.uniform(-0.5, 0.5), rng.uniform(0.6, 0.7)
        position = [(along, away), (along, -away), (away, along), (away, -along)][side]
        distractors.append(Distractor(position=(float(position[0]), float(position[1])), colour=_colour(rng)))
    return replace(base, floor=_colour(rng), wall=_colour(rng), distractors=tuple(distractors))


def _colour(rng: np.random.Generator) -> Colour:
    r, g, b = rng.uniform(0.1, 0.95, 3)
    return float(r), float(g), float(b)


def _near(colour: Colour, change: float, rng: np.random.Generator) -> Colour:
    r, g, b = np.clip(np.array(colour) + rng.uniform(-change, change, 3), 0.0, 1.0)
    return float(r), float(g), float(b)


def _vector(rng: np.random.Generator, length: float) -> Vector:
    direction = rng.normal(size=3)
    x, y, z = length * direction / np.linalg.norm(direction)
    return float(x), float(y), float(z)
