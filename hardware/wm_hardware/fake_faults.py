"""What can go wrong with an arm, to order."""

from dataclasses import dataclass, field


@dataclass(kw_only=True)
class FakeFaults:
    """Switches of a fake arm, all off; set them while it runs, and set them back.

    Args:
        silent: it reports nothing new; reads return the last state with its old stamp.
        not_a_number: positions and velocities are NaN.
        shuffled: joints are reported in reverse order, values and names alike: legal, and a trap for
            whoever takes joints by position.
        foreign_joint: the first joint is reported under this name; "" leaves its own.
        stamp_jump_ns: added to every stamp.
        reversed_stamps: stamps run backwards from the moment at which this is switched on.
        disconnected: reads and commands raise DriverError.
        protective_stop: the arm's own words for why it has stopped; it stays where it is and ignores
            commands until this is "" again.
        stuck: names of joints that do not move.
    """

    silent: bool = False
    not_a_number: bool = False
    shuffled: bool = False
    foreign_joint: str = ""
    stamp_jump_ns: int = 0
    reversed_stamps: bool = False
    disconnected: bool = False
    protective_stop: str = ""
    stuck: set[str] = field(default_factory=set)
