"""What can be said on the command line of a launch file; needs no ROS."""

from dataclasses import dataclass, replace

ROBOTS = ("so101", "ur5e", "panda")
"""Names of RobotSpecs. The library is not imported: `ros2 launch` may run on a Python that has none."""

BOOLEAN = ("true", "false")


@dataclass(frozen=True, kw_only=True)
class Argument:
    """One launch argument.

    Args:
        name: as in `name:=value`.
        description: for `--show-args`.
        default: its value when left out; None where it has to be given.
        choices: valid values; empty where they are no short list.
    """

    name: str
    description: str
    default: str | None = ""
    choices: tuple[str, ...] = ()


ROBOT = Argument(name="robot", description="The arm.", default=None, choices=ROBOTS)
SIM = Argument(
    name="sim",
    description="Whether MuJoCo takes the place of the arm, with the same topics.",
    default="false",
    choices=BOOLEAN,
)
CONFIG = Argument(
    name="config",
    description="YAML file with parameters of this cell: controller, camera topics, workspace and so on. It "
    "is read after <robot>.yaml of wm_robot_bringup/config, and needs to hold no more than what differs.",
)
NAMESPACE = Argument(
    name="namespace",
    description="Where the arm's topics are; the nodes run in <namespace>/wm_robot. Empty: the root. "
    "One for each arm, where there are several.",
)
CHECKPOINT = Argument(
    name="checkpoint",
    description="World model to plan with: a folder, or the name of a shipped one (reach and push for the "
    "simulated panda, reach_so101). Empty: as the config says, and in simulation the one of task and robot.",
)
SPEED = Argument(
    name="speed",
    description="Share of the arm's greatest joint speeds, above 0 and at most 1. Empty: as the config says, "
    "which is 0.1 in the files that come along; in simulation 1.",
)
TASK = Argument(
    name="task", description="What stands on the simulated table.", default="reach", choices=("reach", "push")
)
SEED = Argument(name="seed", description="Of the simulated episode: its start and its goal.", default="0")
AUTOSTART = Argument(
    name="autostart",
    description="Configure and activate the nodes: first the safety controller, then the planner. This moves "
    "nothing. false: do it by hand, with `ros2 lifecycle set`.",
    default="true",
    choices=BOOLEAN,
)
USE_SIM_TIME = Argument(
    name="use_sim_time",
    description="Whether the nodes take their time from /clock, or <namespace>/clock where there is a "
    "namespace. auto: in simulation.",
    default="auto",
    choices=("auto", *BOOLEAN),
)
RVIZ = Argument(
    name="rviz",
    description="Show cameras, plans and goal in RViz, where it is installed.",
    default="false",
    choices=BOOLEAN,
)
DASHBOARD = Argument(
    name="dashboard",
    description="Serve a page to watch and tune the planner at http://127.0.0.1:8080; its address with the "
    "token to command is logged. Needs the library's extra `dashboard`.",
    default="false",
    choices=BOOLEAN,
)
LOG_LEVEL = Argument(
    name="log_level",
    description="How much the nodes say.",
    default="info",
    choices=("debug", "info", "warn", "error", "fatal"),
)

ROBOT_LAUNCH = (
    ROBOT, CONFIG, NAMESPACE, CHECKPOINT, SPEED, SIM, TASK, SEED, AUTOSTART, USE_SIM_TIME, RVIZ, DASHBOARD,
    LOG_LEVEL,
)  # fmt: skip
SIM_LAUNCH = (
    replace(ROBOT, default="panda"),
    *(argument for argument in ROBOT_LAUNCH if argument not in (ROBOT, SIM)),
)
EPISODES = Argument(name="episodes", description="How many goals are tried.", default="20")
VALIDATION_SEED = replace(
    SEED, description="Of the goals: with the same seed `wmr eval` tries the same.", default="1"
)
OUTPUT = Argument(name="output", description="JSON file for the result. Empty: none.")
AT_ONCE = Argument(
    name="at_once",
    description="Record as soon as every topic is fresh, until Ctrl-C. false: when the services "
    "start_recording and stop_recording say so.",
    default="true",
    choices=BOOLEAN,
)
BAGS = Argument(
    name="output", description="Folder for bags, one in it for each recording. Empty: ~/.ros/wm_robot/bags."
)
RECORD_LAUNCH = (
    AT_ONCE,
    BAGS,
    replace(
        CONFIG,
        description="YAML file of this cell, as for the arm: its names of joint states and "
        "cameras are recorded.",
    ),
    NAMESPACE,
    replace(
        USE_SIM_TIME,
        description="Whether time comes from /clock: true beside a simulation.",
        default="false",
        choices=BOOLEAN,
    ),
    LOG_LEVEL,
)
VALIDATE_LAUNCH = (
    EPISODES,
    VALIDATION_SEED,
    OUTPUT,
    *(argument for argument in SIM_LAUNCH if argument not in (SEED, AUTOSTART)),
)
