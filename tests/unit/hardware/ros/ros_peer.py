"""An arm in another process, on an independent implementation of DDS: the ROS 2 bridge of dora-rs (RustDDS).

    python ros_peer.py DOMAIN_ID NAMESPACE FOLDER SENSOR COMMAND

It publishes SENSOR, joint states (shuffled, with a foreign joint) or a picture, at 50 Hz, and prints each
COMMAND it receives as one line of JSON. The bridge knows messages from .msg files alone, which it gets in
FOLDER.

One sensor and one command a process: RustDDS 0.14 at times announces no more endpoints than its first two.
"""

import json
import os
import sys
import time
import warnings
from pathlib import Path

MESSAGES = {
    "builtin_interfaces/msg/Time": "int32 sec\nuint32 nanosec\n",
    "builtin_interfaces/msg/Duration": "int32 sec\nuint32 nanosec\n",
    "std_msgs/msg/Header": "builtin_interfaces/Time stamp\nstring frame_id\n",
    "std_msgs/msg/MultiArrayDimension": "string label\nuint32 size\nuint32 stride\n",
    "std_msgs/msg/MultiArrayLayout": "std_msgs/MultiArrayDimension[] dim\nuint32 data_offset\n",
    "std_msgs/msg/Float64MultiArray": "std_msgs/MultiArrayLayout layout\nfloat64[] data\n",
    "sensor_msgs/msg/JointState": (
        "std_msgs/Header header\nstring[] name\nfloat64[] position\nfloat64[] velocity\nfloat64[] effort\n"
    ),
    "sensor_msgs/msg/Image": (
        "std_msgs/Header header\nuint32 height\nuint32 width\nstring encoding\nuint8 is_bigendian\n"
        "uint32 step\nuint8[] data\n"
    ),
    "sensor_msgs/msg/CompressedImage": "std_msgs/Header header\nstring format\nuint8[] data\n",
    "trajectory_msgs/msg/JointTrajectoryPoint": (
        "float64[] positions\nfloat64[] velocities\nfloat64[] accelerations\nfloat64[] effort\n"
        "builtin_interfaces/Duration time_from_start\n"
    ),
    "trajectory_msgs/msg/JointTrajectory": (
        "std_msgs/Header header\nstring[] joint_names\ntrajectory_msgs/JointTrajectoryPoint[] points\n"
    ),
}
"""The public definitions of common_interfaces, without their comments."""

VALUES = {
    "joint_states": {
        "name": ("tool_joint", "r_c", "r_a", "r_b"),
        "position": (9.0, 0.3, 0.1, 0.2),
        "velocity": (9.0, 0.03, 0.01, 0.02),
        "effort": (),
    },
    "image_raw": {
        "height": 2,
        "width": 3,
        "encoding": "rgb8",
        "is_bigendian": 0,
        "step": 9,
        "data": list(range(18)),
    },
}
COMMANDS = {
    "position/commands": "std_msgs/Float64MultiArray",
    "arm/joint_trajectory": "trajectory_msgs/JointTrajectory",
}


def write_definitions(folder):
    for name, text in MESSAGES.items():
        path = folder / "share" / f"{name}.msg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        package = name.split("/")[0]
        (folder / "share" / package / "package.xml").write_text(
            f'<package format="3"><name>{package}</name><version>1.0.0</version></package>'
        )


def main(domain_id, namespace, folder, sensor, command):
    write_definitions(folder)
    os.environ["AMENT_PREFIX_PATH"] = str(folder)
    warnings.simplefilter("ignore")  # the bridge calls itself unstable
    import dora
    import pyarrow as pa

    stamp = pa.struct([("sec", pa.int32()), ("nanosec", pa.uint32())])
    header = pa.struct([("stamp", stamp), ("frame_id", pa.string())])
    numbers = pa.list_(pa.float64())
    joint_state = pa.struct(
        [
            ("header", header),
            ("name", pa.list_(pa.string())),
            *((part, numbers) for part in ("position", "velocity", "effort")),
        ]
    )
    image = pa.struct(
        [
            ("header", header),
            ("height", pa.uint32()),
            ("width", pa.uint32()),
            ("encoding", pa.string()),
            ("is_bigendian", pa.uint8()),
            ("step", pa.uint32()),
            ("data", pa.list_(pa.uint8())),
        ]
    )
    node = dora.Ros2Context(domain_id=domain_id).new_node("arm", "/", dora.Ros2NodeOptions(rosout=False))

    def topic(name, message, **qos):
        policies = dora.Ros2QosPolicies(**qos)
        return node.create_topic(f"{namespace}/{name}", message, policies), policies

    kind, message_type = {
        "joint_states": (joint_state, "sensor_msgs/JointState"),
        "image_raw": (image, "sensor_msgs/Image"),
    }[sensor]
    published = node.create_publisher(*topic(sensor, message_type, reliable=True, keep_last=5))
    received = node.create_subscription(*topic(command, COMMANDS[command], reliable=True, keep_last=1))
    print(json.dumps("ready"), flush=True)
    parent = os.getppid()
    while os.getppid() == parent:  # a test run that is killed takes this process with it
        sec, nanosec = divmod(time.time_ns(), 1_000_000_000)
        now = {"stamp": {"sec": sec, "nanosec": nanosec}, "frame_id": "base_link"}
        published.publish(pa.array([{"header": now, **VALUES[sensor]}], type=kind))
        while (message := received.next()) is not None:
            print(json.dumps(message.to_pylist()[0]), flush=True)
        time.sleep(0.02)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), *sys.argv[4:])
