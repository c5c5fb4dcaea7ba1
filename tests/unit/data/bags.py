"""Writes bags as rosbag2 does, without ROS."""

from types import SimpleNamespace as Message

import numpy as np
from mcap_ros2.writer import Writer

from wm_robot.core.spaces import ActionSpace, ObservationSpace
from wm_robot.data.bag_episode import BagEpisode
from wm_robot.data.provenance import Provenance

HEADER = """
================================================================================
MSG: std_msgs/Header
builtin_interfaces/Time stamp
string frame_id
================================================================================
MSG: builtin_interfaces/Time
int32 sec
uint32 nanosec
"""
POSITION = """
================================================================================
MSG: geometry_msgs/{0}
float64 x
float64 y
float64 z
"""
DEFINITIONS = {
    "std_msgs/msg/String": "string data",
    "sensor_msgs/msg/Image": "std_msgs/Header header\nuint32 height\nuint32 width\nstring encoding\n"
    "uint8 is_bigendian\nuint32 step\nuint8[] data" + HEADER,
    "sensor_msgs/msg/CompressedImage": "std_msgs/Header header\nstring format\nuint8[] data" + HEADER,
    "sensor_msgs/msg/JointState": "std_msgs/Header header\nstring[] name\nfloat64[] position\n"
    "float64[] velocity\nfloat64[] effort" + HEADER,
    "geometry_msgs/msg/PointStamped": "std_msgs/Header header\ngeometry_msgs/Point point"
    + HEADER
    + POSITION.format("Point"),
    "geometry_msgs/msg/PoseStamped": "std_msgs/Header header\ngeometry_msgs/Pose pose"
    + HEADER
    + "=" * 80
    + "\nMSG: geometry_msgs/Pose\ngeometry_msgs/Point position\ngeometry_msgs/Quaternion orientation"
    + POSITION.format("Point")
    + "=" * 80
    + "\nMSG: geometry_msgs/Quaternion\nfloat64 x\nfloat64 y\nfloat64 z\nfloat64 w\n",
    "geometry_msgs/msg/TwistStamped": "std_msgs/Header header\ngeometry_msgs/Twist twist"
    + HEADER
    + "=" * 80
    + "\nMSG: geometry_msgs/Twist\ngeometry_msgs/Vector3 linear\ngeometry_msgs/Vector3 angular"
    + POSITION.format("Vector3"),
}

START_NS = 1_700_000_000_000_000_000
PERIOD_NS = 200_000_000
CAMERA_NS = 50_000_000
CAMERAS = ("front", "top")
SIZE = (16, 24)

PROVENANCE = Provenance(
    environment="reach",
    robot="panda",
    action_space=ActionSpace(
        kind="end_effector_delta",
        names=("dx", "dy"),
        units=("m", "m"),
        low=(-0.05, -0.05),
        high=(0.05, 0.05),
        rate_hz=5.0,
    ),
    observation_space=ObservationSpace(cameras=CAMERAS, image_size=SIZE, proprio_names=("ee_x", "ee_y")),
    commit="abc",
)


class Bag:
    """A bag that is being written; each message comes `delay_ns` after its stamp."""

    def __init__(self, path, chunk_size=4096):
        self._writer = Writer(str(path), chunk_size=chunk_size)
        self._schemas = {}

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._writer.finish()

    def write(self, topic, kind, stamp_ns, delay_ns=0, **fields):
        if kind not in self._schemas:
            self._schemas[kind] = self._writer.register_msgdef(kind, DEFINITIONS[kind])
        if kind != "std_msgs/msg/String":
            stamp = Message(sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9)
            fields["header"] = Message(stamp=stamp, frame_id="base_link")
        self._writer.write_message(topic, self._schemas[kind], Message(**fields), stamp_ns + delay_ns)

    def picture(self, topic, stamp_ns, image, encoding="rgb8"):
        data = image[..., ::-1] if encoding == "bgr8" else image
        height, width = image.shape[:2]
        self.write(
            topic,
            "sensor_msgs/msg/Image",
            stamp_ns,
            height=height,
            width=width,
            encoding=encoding,
            is_bigendian=0,
            step=data[0].size,
            data=np.ascontiguousarray(data).tobytes(),
        )


class Goal:
    """A pursuit of `length` control periods as it was: pictures, tip and actions, different for each seed."""

    def __init__(self, seed, length, provenance=PROVENANCE):
        rng = np.random.default_rng(seed)
        self.seed, self.length, self.provenance = seed, length, provenance
        self.images = {camera: rng.integers(0, 256, (length, *SIZE, 3), dtype=np.uint8) for camera in CAMERAS}
        self.state = rng.uniform(-0.5, 0.5, (length, 2))
        self.action = rng.uniform(-0.05, 0.05, (length, 2))

    def write(self, bag, start_ns, prefix="", lost=()):
        """Pictures at 20 Hz; those between the observations show something else. Returns the end.

        `lost` are (topic, period) of messages that did not arrive; of a camera, its pictures all around.
        """
        note = BagEpisode(
            provenance=self.provenance,
            seed=self.seed,
            executed=f"{prefix}/wm_robot/executed",
            observed=f"{prefix}/wm_robot/observed",
            pictures=tuple(f"{prefix}/{camera}/color/image_raw" for camera in CAMERAS),
        )
        bag.write(f"{prefix}/wm_robot/episode", "std_msgs/msg/String", start_ns, data=note.to_text())
        for k in range(self.length):
            begin_ns = start_ns + k * PERIOD_NS
            for i in range(PERIOD_NS // CAMERA_NS):
                for camera, topic in zip(CAMERAS, note.pictures, strict=True):
                    image = self.images[camera][k] if i == 0 else np.full((*SIZE, 3), 10 * i, np.uint8)
                    if (camera, k if i < 2 else k + 1) not in lost:
                        bag.picture(topic, begin_ns + i * CAMERA_NS, image)
            x, y = self.state[k]
            if ("observed", k) not in lost:
                point = Message(x=x, y=y, z=0.0)
                bag.write(note.observed, "geometry_msgs/msg/PointStamped", begin_ns, PERIOD_NS, point=point)
            if ("executed", k) not in lost:
                dx, dy = self.action[k] / 0.2
                still = Message(x=0.0, y=0.0, z=0.0)
                twist = Message(linear=Message(x=dx, y=dy, z=0.0), angular=still)
                bag.write(note.executed, "geometry_msgs/msg/TwistStamped", begin_ns, PERIOD_NS, twist=twist)
        return start_ns + self.length * PERIOD_NS
