"""Where in a ROS 2 network to look: domain, namespace and reach."""

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wm_robot.core.errors import MissingDependencyError, WmrError

if TYPE_CHECKING:
    from wm_hardware.ros_participant import RosParticipant

NAME = re.compile(r"/?[A-Za-z_]\w*(/[A-Za-z_]\w*)*", re.ASCII)


def _domain_id() -> int:
    given = os.environ.get("ROS_DOMAIN_ID", "0")
    if not given.isdecimal():
        raise WmrError(f"ROS_DOMAIN_ID is {given!r}; valid: a number from 0 to 232")
    return int(given)


def _localhost_only() -> bool:
    reach = os.environ.get("ROS_AUTOMATIC_DISCOVERY_RANGE", "SUBNET").upper()
    return reach == "LOCALHOST" or os.environ.get("ROS_LOCALHOST_ONLY") == "1"


@dataclass(frozen=True, kw_only=True)
class RosNetwork:
    """Which nodes can be met; the defaults are those of a ROS node in the same environment.

    Args:
        domain_id: 0 to 232; nodes of another domain are never met. Default: ROS_DOMAIN_ID, else 0.
        namespace: put before relative topic names.
        localhost_only: meet nodes of this machine alone. Default: whether ROS_AUTOMATIC_DISCOVERY_RANGE
            is LOCALHOST, or ROS_LOCALHOST_ONLY is 1.
    """

    domain_id: int = field(default_factory=_domain_id)
    namespace: str = ""
    localhost_only: bool = field(default_factory=_localhost_only)

    def __post_init__(self) -> None:
        if not 0 <= self.domain_id <= 232:
            raise WmrError(f"ROS domain id is {self.domain_id}; valid: 0 to 232")
        if self.namespace.strip("/"):
            check_name("namespace", self.namespace.strip("/"))

    def topic(self, name: str) -> str:
        """Full name of a topic: one that starts with "/" stays, another is put into the namespace."""
        check_name("topic", name)
        namespace = self.namespace.strip("/")
        if name.startswith("/"):
            return name
        return f"/{namespace}/{name}" if namespace else f"/{name}"

    def open(self) -> "RosParticipant":
        """Join the network.

        Raises:
            MissingDependencyError: cyclonedds is not installed.
            DriverError: the domain cannot be opened.
        """
        try:
            import cyclonedds  # noqa: F401, PLC0415
        except ImportError as error:
            raise MissingDependencyError("cyclonedds", "ROS 2 without a ROS installation", "dds") from error
        from wm_hardware.ros_participant import RosParticipant  # noqa: PLC0415  (imports cyclonedds)

        return RosParticipant(self)


def check_name(what: str, name: str) -> None:
    """Raises WmrError where `name` is no ROS name."""
    if not NAME.fullmatch(name):
        raise WmrError(
            f"ROS {what} is {name!r}; valid: letters, digits and _, in parts that begin with no digit, "
            "joined by /"
        )
