"""The scripted policies in closed loop: the oracles solve their tasks, play keeps the puck in reach."""

import numpy as np
import pytest
import wm_sim
from wm_sim.tasks.push import Push, puck_region
from wm_sim.tasks.pushing import Play

from wm_robot.core.seeding import rng
from wm_robot.robots import ROBOTS, get_robot


def errors_of_the_oracle(task, robot, seeds):
    environment = wm_sim.make(task, robot=robot, image_size=8)
    errors = []
    for seed in seeds:
        environment.reset(seed)
        policy = environment.oracle()
        for _ in range(environment.max_steps):
            environment.step(policy())
        errors.append(environment.score().error)
    return np.array(errors)


@pytest.mark.parametrize("robot", list(ROBOTS))
def test_the_reach_oracle_arrives(robot):
    # Ten steps of 5 cm cover the longest way, and in the rest the servos settle.
    assert np.all(errors_of_the_oracle("reach", robot, range(4)) < 1e-3)


@pytest.mark.parametrize("robot", list(ROBOTS))
def test_the_push_oracle_brings_the_puck_within_2_cm(robot):
    assert np.all(errors_of_the_oracle("push", robot, range(4)) < 0.02)


@pytest.mark.parametrize("careless", [0.0, 1.0])
def test_play_moves_the_puck_and_keeps_it_in_its_region(careless, monkeypatch):
    monkeypatch.setattr(Play, "careless_probability", careless)
    environment, robot = wm_sim.make("push", image_size=8), get_robot("panda")
    inner = puck_region(robot)
    region = Push().workspace(robot) if careless else inner
    paths = []
    for seed in range(4):
        environment.reset(seed)
        policy = environment.explore(rng(seed, "play"))
        path = []
        for _ in range(50):
            environment.step(policy())
            state = environment.privileged_state()
            path.append((state["puck_x"], state["puck_y"]))
        paths.append(path)
    pucks = np.array(paths)  # (episodes, T, 2)
    travelled = np.linalg.norm(np.diff(pucks, axis=1), axis=-1).sum(axis=1)
    assert travelled.mean() > 0.1
    # Careful play leaves 2 cm before the tool could no longer touch the far side; momentum may eat these.
    assert np.all(pucks > np.array(region.low[:2]) - 0.04)
    assert np.all(pucks < np.array(region.high[:2]) + 0.04)
    beyond = np.any(pucks < np.array(inner.low[:2]) - 0.04) or np.any(pucks > np.array(inner.high[:2]) + 0.04)
    assert beyond == bool(careless)


def test_the_puck_obeys_friction_and_stops():
    environment = wm_sim.make("push", image_size=8)
    environment.reset(0)
    puck = environment.robot.data.joint("puck")
    puck.qvel[:2] = (0.5, 0.0)
    start = environment.privileged_state()["puck_x"]
    environment.robot.advance(1.0)
    # Coulomb friction μ = 0.4: it slides v² / (2 μ g) = 0.25 / 7.85 = 32 mm.
    slid = environment.privileged_state()["puck_x"] - start
    assert slid == pytest.approx(0.032, abs=0.004)
    assert abs(puck.qvel[0]) < 1e-3
