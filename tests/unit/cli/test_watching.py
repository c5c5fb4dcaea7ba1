"""Every run of an arm keeps what its planner thought, with a page or without."""

from types import SimpleNamespace

from wm_robot.checkpoints import shipped_checkpoint
from wm_robot.cli.watching import watched
from wm_robot.core.types import Goal
from wm_robot.dashboard.recorded import recorded_subject
from wm_robot.robots import get_robot
from wm_robot.runtime.control.control_run import ControlRun
from wm_robot.runtime.control.pipeline import ControlConfig
from wm_robot.runtime.watch.plan_log import PLANS


def test_a_run_without_a_page_can_be_looked_at_later(tmp_path):
    robot, folder = get_robot("panda"), shipped_checkpoint("reach")
    run = ControlRun(
        station="left",
        robot=robot,
        driver="sim",
        driver_config=SimpleNamespace(task="reach"),
        control=ControlConfig(),
        folder=tmp_path,
    )
    config = SimpleNamespace(checkpoint="reach", driver="sim")  # no page: where it would be is not asked
    agent = SimpleNamespace(model=SimpleNamespace(config=SimpleNamespace(environment="reach")), tune=None)
    loop = SimpleNamespace(agent=agent, goal=Goal(pose={"ee_x": 0.5}))
    with watched(config, SimpleNamespace(run=run, folder=tmp_path), loop, page=False) as watch:
        assert watch.actor is agent  # unguarded: nobody is there to see that it holds
        assert (tmp_path / PLANS).is_file()
    subject = recorded_subject(tmp_path, tmp_path)
    assert (subject.robot, subject.checkpoint, subject.workspace) == (
        "panda",
        folder.resolve(),
        robot.workspace,
    )
