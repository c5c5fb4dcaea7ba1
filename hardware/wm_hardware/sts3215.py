"""The Feetech STS3215 servo: its registers and their units.

Source: Feetech, "STS series servo memory table"; numbers are little-endian, signed ones are a magnitude with
a sign bit.
"""

from dataclasses import dataclass
from math import pi

MODEL_NUMBER = 777
TICKS = 4096
"""Encoder steps of one turn."""
TICK_RAD = 2 * pi / TICKS
MIDDLE = 2047
"""Where calibration puts the middle of a joint's motion, ticks."""
ACCELERATION_UNIT_RAD_S2 = 100 * TICK_RAD
"""One step of the acceleration register, which ends at 254."""
FULL_TORQUE = 1000
COARSE_VELOCITY_UNIT = 50
"""Ticks/s in one step of a velocity register, while `FINE_VELOCITY` of `PHASE` is off; else 1."""
FINE_VELOCITY = 0x04
POSITION_MODE = 0

# Bits of the error byte in each reply.
FAULTS = {
    0x01: "supply voltage out of range",
    0x02: "encoder error",
    0x04: "overheated",
    0x08: "overcurrent",
    0x20: "overloaded",
}


@dataclass(frozen=True)
class Register:
    """A place in the servo's memory.

    Args:
        address: of the first byte.
        size: 1 or 2 bytes.
        sign_bit: which bit says "negative"; None where nothing can be.
    """

    address: int
    size: int
    sign_bit: int | None = None

    def encode(self, value: int) -> list[int]:
        """Bytes of `value`, lowest first; raises OverflowError where they cannot hold it."""
        sign = 0
        if self.sign_bit is not None:
            if abs(value) >= 1 << self.sign_bit:
                raise OverflowError(f"{value} does not fit register {self.address}")
            sign = (value < 0) << self.sign_bit
            value = abs(value)
        return list((value | sign).to_bytes(self.size, "little"))

    def decode(self, raw: bytes) -> int:
        """The number in `raw`, the register's bytes."""
        value = int.from_bytes(raw, "little")
        if self.sign_bit is None or not value >> self.sign_bit & 1:
            return value
        return -(value ^ 1 << self.sign_bit)


# EPROM: survives power-off where it is written while LOCK is 0, and wears.
RETURN_DELAY = Register(7, 1)  # 2 µs
MIN_POSITION = Register(9, 2)
MAX_POSITION = Register(11, 2)
PHASE = Register(18, 1)
P_GAIN = Register(21, 1)
D_GAIN = Register(22, 1)
I_GAIN = Register(23, 1)
HOMING_OFFSET = Register(31, 2, sign_bit=11)  # present position = encoder − offset
OPERATING_MODE = Register(33, 1)
# SRAM
TORQUE_ENABLE = Register(40, 1)
ACCELERATION = Register(41, 1)
GOAL_POSITION = Register(42, 2, sign_bit=15)
GOAL_VELOCITY = Register(46, 2, sign_bit=15)
TORQUE_LIMIT = Register(48, 2)  # thousandths of the stall torque
LOCK = Register(55, 1)
PRESENT_POSITION = Register(56, 2, sign_bit=15)
PRESENT_VELOCITY = Register(58, 2, sign_bit=15)


def fault_names(error: int) -> list[str]:
    """What the error byte of a reply complains of; [] where all is well."""
    return [name for bit, name in FAULTS.items() if error & bit]
