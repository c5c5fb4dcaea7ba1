"""The ROS 2 messages that an arm and its cameras speak, as DDS knows them.

`/joint_states` of `sensor_msgs/msg/JointState` is, on the wire, a topic of type
`sensor_msgs::msg::dds_::JointState_` in plain CDR (XCDR1, final). Fields and their order are those of the
public .msg files of common_interfaces and builtin_interfaces, the same from Humble on.

Imports cyclonedds; `RosNetwork.open` says so where it is missing.

Source: ROS 2 design, "Topic and service name mapping to DDS"; REP 2011 and 2016 for the type hashes.
"""

from dataclasses import dataclass, field
from typing import Annotated

from cyclonedds.idl import IdlStruct
from cyclonedds.idl._machinery import BytesMachine, StructMachine
from cyclonedds.idl.annotations import final
from cyclonedds.idl.types import float64, int32, sequence, uint8, uint32

Float64s = Annotated[list[float], sequence(float64)]  # pyright: ignore[reportArgumentType]  (Annotated, as cyclonedds wants it)
Octets = Annotated[bytes, sequence(uint8)]  # pyright: ignore[reportArgumentType]
Strings = Annotated[list[str], sequence(str)]


@final
@dataclass
class Time(IdlStruct, typename="builtin_interfaces::msg::dds_::Time_"):
    """Seconds and nanoseconds since the epoch of ROS time."""

    sec: int32 = 0
    nanosec: uint32 = 0


@final
@dataclass
class Duration(IdlStruct, typename="builtin_interfaces::msg::dds_::Duration_"):
    """A span of time; nanoseconds are always added."""

    sec: int32 = 0
    nanosec: uint32 = 0


@final
@dataclass
class Header(IdlStruct, typename="std_msgs::msg::dds_::Header_"):
    """When, and in which frame, the data of a message were taken."""

    stamp: Time = field(default_factory=Time)
    frame_id: str = ""


@final
@dataclass
class JointState(IdlStruct, typename="sensor_msgs::msg::dds_::JointState_"):
    """Joints by name, in any order; an interface that a joint lacks is NaN, or its whole array is empty."""

    header: Header = field(default_factory=Header)
    name: Strings = field(default_factory=list)
    position: Float64s = field(default_factory=list)
    velocity: Float64s = field(default_factory=list)
    effort: Float64s = field(default_factory=list)


@final
@dataclass
class Image(IdlStruct, typename="sensor_msgs::msg::dds_::Image_"):
    """An uncompressed picture: `height` rows of `step` bytes."""

    header: Header = field(default_factory=Header)
    height: uint32 = 0
    width: uint32 = 0
    encoding: str = ""
    is_bigendian: uint8 = 0
    step: uint32 = 0
    data: Octets = b""


@final
@dataclass
class CompressedImage(IdlStruct, typename="sensor_msgs::msg::dds_::CompressedImage_"):
    """A picture as a JPEG or PNG file; `format` names which."""

    header: Header = field(default_factory=Header)
    format: str = ""
    data: Octets = b""


@final
@dataclass
class MultiArrayDimension(IdlStruct, typename="std_msgs::msg::dds_::MultiArrayDimension_"):
    """One axis of a multi-array."""

    label: str = ""
    size: uint32 = 0
    stride: uint32 = 0


@final
@dataclass
class MultiArrayLayout(IdlStruct, typename="std_msgs::msg::dds_::MultiArrayLayout_"):
    """The axes of a multi-array; empty for a plain list."""

    dim: Annotated[list[MultiArrayDimension], sequence(MultiArrayDimension)] = field(default_factory=list)
    data_offset: uint32 = 0


@final
@dataclass
class Float64MultiArray(IdlStruct, typename="std_msgs::msg::dds_::Float64MultiArray_"):
    """What a forward command controller takes: one number a joint, in the order of its `joints` parameter."""

    layout: MultiArrayLayout = field(default_factory=MultiArrayLayout)
    data: Float64s = field(default_factory=list)


@final
@dataclass
class JointTrajectoryPoint(IdlStruct, typename="trajectory_msgs::msg::dds_::JointTrajectoryPoint_"):
    """Where the joints are, `time_from_start` after the trajectory's start."""

    positions: Float64s = field(default_factory=list)
    velocities: Float64s = field(default_factory=list)
    accelerations: Float64s = field(default_factory=list)
    effort: Float64s = field(default_factory=list)
    time_from_start: Duration = field(default_factory=Duration)


@final
@dataclass
class JointTrajectory(IdlStruct, typename="trajectory_msgs::msg::dds_::JointTrajectory_"):
    """Points through which joints pass; a header stamp of 0 starts it at once."""

    header: Header = field(default_factory=Header)
    joint_names: Strings = field(default_factory=list)
    points: Annotated[list[JointTrajectoryPoint], sequence(JointTrajectoryPoint)] = field(
        default_factory=list
    )


TYPE_HASHES: dict[type[IdlStruct], str] = {
    JointState: "a13ee3a330e346c9d87b5aa18d24e11690752bd33a0350f11c5882bc9179260e",
    Image: "d31d41a9a4c4bc8eae9be757b0beed306564f7526c88ea6a4588fb9582527d47",
    CompressedImage: "15640771531571185e2efc8a100baf923961a4d15d5569652e6cb6691e8e371a",
    Float64MultiArray: "1025ddc6b9552d191f89ef1a8d2f60f3d373e28b283d8891ddcc974e8c55397f",
    JointTrajectory: "179b33eba59d676f6d967ac71fe35e7ca2f64b2f3928f4a018cec115e213796e",
}
"""RIHS01 hash of each message that is a topic: what tells ROS nodes that both sides mean the same fields."""


def _keep_octets(message: type[IdlStruct]) -> None:
    """Read and write `data` as bytes: as the list of int that cyclonedds makes of it, VGA takes 12 ms."""
    message.__idl__.populate()
    machine = message.__idl__.v1_machine
    assert isinstance(machine, StructMachine)
    machine.members_machines["data"] = BytesMachine()


_keep_octets(Image)
_keep_octets(CompressedImage)
