"""A serial port of Feetech servos, for the vendor's SDK (PyPI feetech-servo-sdk 1.0.0)."""

import time
from typing import Literal

import scservo_sdk
import serial

BAUD = 1_000_000
POLL_S = 0.001


class FeetechPort(scservo_sdk.PortHandler):
    """The vendor SDK's port with three of its ways changed.

    - A lost reply costs the SDK 34 ms, more than a control period: this port has a limit of its own.
    - The SDK times by the wall clock, which jumps, and polls with a whole core: this port waits in the
      kernel, by steady time.
    - Bytes of a late reply stay in the SDK's buffer and answer the next question: here they are discarded
      before anything is asked.

    Args:
        name: serial device.
        reply_timeout_s: how long servos may take to answer one question.
    """

    def __init__(self, name: str, reply_timeout_s: float) -> None:
        super().__init__(name)
        self._reply_timeout_ms = reply_timeout_s * 1e3

    def setupPort(self, cflag_baud: int) -> Literal[True]:
        self.ser = serial.Serial(
            self.port_name,
            BAUD,
            timeout=POLL_S,
            write_timeout=self._reply_timeout_ms * 1e-3,
            exclusive=True,  # a second program on the same arm would be a second master
        )
        self.is_open = True
        return True

    def clearPort(self) -> None:
        self.ser.reset_input_buffer()

    def setPacketTimeout(self, packet_length: int) -> None:
        self.setPacketTimeoutMillis(self._reply_timeout_ms)

    def getCurrentTime(self) -> float:
        return time.monotonic() * 1e3
