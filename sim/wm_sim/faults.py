"""What a simulated arm can be made to suffer."""

from dataclasses import dataclass


@dataclass(kw_only=True)
class SimFaults:
    """Faults of a `SimDriver`, each on from the moment its attribute is set until it is set back.

    Args:
        frozen: the arm stands still in time: the same state with the same stamp at every read, and no
            new pictures.
        disconnected: `read` and `command` raise DriverError, as if a cable had been pulled.
        protective_stop: the arm brakes, refuses to move, and tells this as the state's `fault`.
        nan_joint: this joint's measured position and velocity are NaN.
        stuck_joint: this joint does not move.
        extra_delay_s: commands act this much later than the RobotSpec says.
        reversed_stamps: each state is stamped a physics step earlier than the one before.
        unpublished: other processes see nothing new: the cameras' stamps grow old.
        frozen_pictures: the cameras' stamps go on while their pictures stay the same.
    """

    frozen: bool = False
    disconnected: bool = False
    protective_stop: str = ""
    nan_joint: str = ""
    stuck_joint: str = ""
    extra_delay_s: float = 0.0
    reversed_stamps: bool = False
    unpublished: bool = False
    frozen_pictures: bool = False
