"""The parts of the ROS 2 workspace that need no ROS are tested with everything else.

Their messages are made from the .msg files here: plain classes with the fields, defaults and constants that
rosidl gives them.
"""

import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

WORKSPACE = Path(__file__).parents[3] / "ros2_ws" / "src"
for package in ("wm_robot_ros", "wm_robot_bringup"):
    if (path := str(WORKSPACE / package)) not in sys.path:
        sys.path.insert(0, path)

COMMON = {
    "Time": "int32 sec\nuint32 nanosec",
    "Header": "Time stamp\nstring frame_id",
    "Point": "float64 x\nfloat64 y\nfloat64 z",
    "Quaternion": "float64 x\nfloat64 y\nfloat64 z\nfloat64 w",
    "Pose": "Point position\nQuaternion orientation",
    "PoseStamped": "Header header\nPose pose",
    "KeyValue": "string key\nstring value",
    "DiagnosticStatus": (
        "byte OK=0\nbyte WARN=1\nbyte ERROR=2\nbyte level\nstring name\nstring message\nKeyValue[] values"
    ),
    "DiagnosticArray": "Header header\nDiagnosticStatus[] status",
    "Duration": "int32 sec\nuint32 nanosec",
    "JointState": "Header header\nstring[] name\nfloat64[] position\nfloat64[] velocity",
    "Float64MultiArray": "float64[] data",
    "JointTrajectoryPoint": "float64[] positions\nDuration time_from_start",
    "JointTrajectory": "Header header\nstring[] joint_names\nJointTrajectoryPoint[] points",
    "Image": (
        "Header header\nuint32 height\nuint32 width\nstring encoding\nuint8 is_bigendian\nuint32 step\n"
        "uint8[] data"
    ),
    "CompressedImage": "Header header\nstring format\nuint8[] data",
    "CameraInfo": (
        "Header header\nuint32 height\nuint32 width\nstring distortion_model\n"
        "float64[] d\nfloat64[] k\nfloat64[] r\nfloat64[] p"
    ),
    "Vector3": "float64 x\nfloat64 y\nfloat64 z",
    "Transform": "Vector3 translation\nQuaternion rotation",
    "TransformStamped": "Header header\nstring child_frame_id\nTransform transform",
}
"""Of common_interfaces, by the names that the .msg files of the workspace call them."""

DEFAULTS = {"string": "", "bool": False, "float64": 0.0}
"""Every other type that is no message is a whole number."""

LINE = re.compile(r"([\w/]+)(\[\])? +(\w+)(=(\d+))?")


def message_classes(definitions):
    """Namespace of a class for each definition."""
    made = SimpleNamespace()

    def make(name, text):
        constants, defaults = {}, {}
        for line in text.splitlines():
            if found := LINE.match(line.partition("#")[0].strip()):
                kind, many, field, _, constant = found.groups()
                kind = kind.rpartition("/")[2]
                if constant:
                    constants[field] = int(constant)
                elif many:
                    defaults[field] = list
                else:
                    defaults[field] = getattr(made, kind, None) or (lambda kind=kind: DEFAULTS.get(kind, 0))

        def __init__(self, **fields):
            unknown = fields.keys() - defaults.keys()
            assert not unknown, f"{name} has no {unknown}"
            for key, default in defaults.items():
                setattr(self, key, fields.get(key, default()))

        # As with rosidl, a field that is misspelt is an error.
        return type(name, (), {"__slots__": tuple(defaults), "__init__": __init__, **constants})

    for name, text in definitions.items():
        setattr(made, name, make(name, text))
    return made


@pytest.fixture(scope="session")
def messages():
    """Classes of the messages of wm_robot_msgs, and of those that they are made of."""
    own = {
        path.stem: path.read_text() for path in sorted((WORKSPACE / "wm_robot_msgs" / "msg").glob("*.msg"))
    }
    return message_classes({**COMMON, **own})
