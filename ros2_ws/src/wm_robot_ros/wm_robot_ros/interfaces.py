"""All names that the nodes have on the network, as data, for the reference page."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A topic.

    Args:
        name: an absolute one is the same for all arms; another lies in the nodes' namespace, or in the
            arm's where it begins with "<arm>/".
        type: of its messages.
        publishers: nodes of ours that publish; the arm's own where there is none.
        subscribers: nodes of ours that listen.
        qos: reliability, depth, durability.
        help: what it carries.
    """

    name: str
    type: str
    publishers: tuple[str, ...] = ()
    subscribers: tuple[str, ...] = ()
    qos: str = "reliable, 1"
    help: str


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service or an action: name in the nodes' namespace, type, the node that answers, what it does."""

    name: str
    type: str
    node: str
    help: str


SENSOR = "best effort, 5"
SENSED = "reliable, 5"
LATCHED = "reliable, 1, transient local"

TOPICS = (
    Topic(
        name="<arm>/joint_states",
        type="sensor_msgs/msg/JointState",
        publishers=("sim_robot",),
        subscribers=("safety_controller",),
        qos=SENSED,
        help="measured joints, by name, in any order; foreign joints do no harm",
    ),
    Topic(
        name="<arm>/<controller>/commands",
        type="std_msgs/msg/Float64MultiArray",
        publishers=("safety_controller",),
        subscribers=("sim_robot",),
        help="joint positions [rad], in the controller's order; with `form` commands",
    ),
    Topic(
        name="<arm>/<controller>/joint_trajectory",
        type="trajectory_msgs/msg/JointTrajectory",
        publishers=("safety_controller",),
        subscribers=("sim_robot",),
        help="one point, reached after `time_from_start_s`; with `form` joint_trajectory",
    ),
    Topic(
        name="<arm>/<camera>/color/image_raw",
        type="sensor_msgs/msg/Image",
        publishers=("sim_robot",),
        subscribers=("planner",),
        qos=SENSED,
        help="a camera's pictures, stamped when they were taken; or as `camera_topics` says, and with "
        "`camera_message` compressed CompressedImages on `…/image_raw/compressed`",
    ),
    Topic(
        name="<arm>/<camera>/color/camera_info",
        type="sensor_msgs/msg/CameraInfo",
        publishers=("sim_robot",),
        qos=SENSED,
        help="its optical frame and matrix; beside the pictures",
    ),
    Topic(
        name="<arm>/<camera>/goal/image_raw",
        type="sensor_msgs/msg/Image",
        publishers=("sim_robot",),
        subscribers=("planner",),
        qos=LATCHED,
        help="what the camera sees at the goal of the simulated episode: the stored goal",
    ),
    Topic(
        name="<arm>/robot_description",
        type="std_msgs/msg/String",
        publishers=("sim_robot",),
        qos=LATCHED,
        help="URDF of the arm, its links drawn as capsules, for RViz; a real arm's driver tells its own",
    ),
    Topic(
        name="/clock",
        type="rosgraph_msgs/msg/Clock",
        publishers=("sim_robot",),
        subscribers=("planner", "safety_controller", "recorder"),
        qos="best effort, 1",
        help="simulated time; `/<namespace>/clock` where the launch file was given a namespace",
    ),
    Topic(
        name="chunks",
        type="wm_robot_msgs/msg/ActionChunk",
        publishers=("planner",),
        subscribers=("safety_controller",),
        help="what the arm shall do next; the newest alone counts",
    ),
    Topic(
        name="heartbeat",
        type="wm_robot_msgs/msg/PlannerHeartbeat",
        publishers=("planner",),
        subscribers=("safety_controller",),
        help="the planner's sign of life; its silence stops the arm",
    ),
    Topic(
        name="safety_status",
        type="wm_robot_msgs/msg/SafetyStatus",
        publishers=("safety_controller",),
        subscribers=("planner",),
        qos=SENSOR,
        help="mode, faults, measured joints: 50 Hz, and at once when something happens",
    ),
    Topic(
        name="tip",
        type="geometry_msgs/msg/PoseStamped",
        publishers=("safety_controller",),
        qos=SENSOR,
        help="where the tip is commanded to be, with each safety_status",
    ),
    Topic(
        name="planner_status",
        type="wm_robot_msgs/msg/PlannerStatus",
        publishers=("planner",),
        qos="reliable, 10",
        help="one a plan: time, costs, model trust",
    ),
    Topic(
        name="candidate_rollouts",
        type="wm_robot_msgs/msg/CandidateRollouts",
        publishers=("planner",),
        qos=SENSOR,
        help="where the best candidates would lead the tip",
    ),
    Topic(
        name="markers",
        type="visualization_msgs/msg/MarkerArray",
        publishers=("planner",),
        help="the same for RViz, coloured by cost, with the goal",
    ),
    Topic(
        name="predicted_path",
        type="nav_msgs/msg/Path",
        publishers=("planner",),
        help="the chosen plan",
    ),
    Topic(
        name="episode",
        type="std_msgs/msg/String",
        publishers=("planner",),
        subscribers=("recorder",),
        qos=LATCHED,
        help="JSON: robot, spaces and topics of the episode that begins, so that a bag becomes a data set",
    ),
    Topic(
        name="executed",
        type="geometry_msgs/msg/TwistStamped",
        publishers=("planner",),
        subscribers=("recorder",),
        qos="reliable, 10",
        help="the executed action of each control period over its duration, stamped with its observation",
    ),
    Topic(
        name="observed",
        type="geometry_msgs/msg/PointStamped",
        publishers=("planner",),
        subscribers=("recorder",),
        qos="reliable, 10",
        help="the measured tip of that observation; 0 along an axis that the model does not read",
    ),
    Topic(
        name="/tf",
        type="tf2_msgs/msg/TFMessage",
        publishers=("planner", "sim_robot"),
        qos="reliable, 10",
        help="frames of tip, predicted tip and goal; of the simulated arm's links",
    ),
    Topic(
        name="/tf_static",
        type="tf2_msgs/msg/TFMessage",
        publishers=("sim_robot",),
        qos=LATCHED,
        help="where the simulated cameras stand",
    ),
    Topic(
        name="/diagnostics",
        type="diagnostic_msgs/msg/DiagnosticArray",
        publishers=("planner", "safety_controller", "recorder"),
        qos="reliable, 10",
        help="how the node is, once a second",
    ),
)

SERVICES = (
    Service(
        name="estop",
        type="std_srvs/srv/Trigger",
        node="safety_controller",
        help="stop at once and latch, beyond the end of every process",
    ),
    Service(
        name="stop",
        type="std_srvs/srv/Trigger",
        node="safety_controller",
        help="come to rest in good order; the next chunk sets the arm going",
    ),
    Service(
        name="reset",
        type="std_srvs/srv/Trigger",
        node="safety_controller",
        help="take the latch off; refused with the reason while anything is wrong",
    ),
    Service(
        name="set_goal_image",
        type="wm_robot_msgs/srv/SetGoalImage",
        node="planner",
        help="keep a goal: from the cameras, a folder, or in the request",
    ),
    Service(
        name="load_checkpoint",
        type="wm_robot_msgs/srv/LoadCheckpoint",
        node="planner",
        help="plan with another world model",
    ),
    Service(
        name="switch_planner",
        type="wm_robot_msgs/srv/SwitchPlanner",
        node="planner",
        help="search with another algorithm",
    ),
    Service(
        name="start_recording",
        type="std_srvs/srv/Trigger",
        node="recorder",
        help="begin a bag; refused with the reason while a topic is missing or stale",
    ),
    Service(
        name="stop_recording",
        type="std_srvs/srv/Trigger",
        node="recorder",
        help="end the bag, and say where it is",
    ),
    Service(
        name="sim_robot/reset",
        type="wm_robot_msgs/srv/ResetSimulation",
        node="sim_robot",
        help="put arm and objects where an episode starts",
    ),
    Service(
        name="sim_robot/pause",
        type="std_srvs/srv/SetBool",
        node="sim_robot",
        help="true stops the simulated clock, false lets it go on",
    ),
    Service(
        name="sim_robot/step",
        type="wm_robot_msgs/srv/StepSimulation",
        node="sim_robot",
        help="let a paused simulation advance",
    ),
    Service(
        name="sim_robot/score",
        type="wm_robot_msgs/srv/ScoreSimulation",
        node="sim_robot",
        help="true distance from the goal",
    ),
)

ACTIONS = (
    Service(
        name="reach_goal_image",
        type="wm_robot_msgs/action/ReachGoal",
        node="planner",
        help="pursue a goal; feedback each period, cancelling stops the arm",
    ),
)
