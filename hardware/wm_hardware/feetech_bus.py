"""Packets to and from Feetech servos on one half-duplex serial line, by the vendor's SDK.

The SDK is used as it is, and two of its ways are met here (three more in `feetech_port`): its GroupSyncRead
gives up every servo behind a lost one and drops the error byte, so replies are collected here, whoever they
come from; and a write that fails half-way leaves its port "busy" for ever, so it is freed.
"""

import termios
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import scservo_sdk
from serial.tools import list_ports

from wm_hardware.feetech_port import FeetechPort
from wm_hardware.sts3215 import Register
from wm_robot.core.errors import DriverError

HEADER, CHECKSUM = 5, 1  # FF FF id length error … checksum


@dataclass(frozen=True)
class Reply:
    """What a servo answered.

    Args:
        data: the registers asked for.
        error: its error byte, see `sts3215.FAULTS`.
    """

    data: bytes
    error: int


class FeetechBus:
    """A port with servos behind it; one thread only.

    Args:
        port: serial device, such as /dev/ttyACM0.
        reply_timeout_s: how long servos may take to answer one question.
        attempts: how often a question is asked that nobody answered in full.

    Raises:
        DriverError: the port cannot be opened; which ports there are.
    """

    def __init__(self, port: str, *, reply_timeout_s: float, attempts: int) -> None:
        self.name, self.attempts = port, attempts
        self._port = FeetechPort(port, reply_timeout_s)
        self._packets = scservo_sdk.PacketHandler(0)  # 0: little-endian, the STS series
        try:
            self._port.openPort()
        except OSError as error:
            found = ", ".join(p.device for p in list_ports.comports()) or "none"
            raise DriverError(
                f"cannot open {port}: {error}. Serial ports here: {found}. Give the arm's with --port; where "
                "permission is denied, install the udev rule of hardware/README.md"
            ) from error

    def close(self) -> None:
        """Close the port; servos keep doing what they do."""
        self._port.closePort()

    def ping(self, servo: int) -> int | None:
        """The model number of servo `servo`, or None if it does not answer."""
        for _ in range(self.attempts):
            try:
                model, result, _ = self._talk(lambda: self._packets.ping(self._port, servo))
            except IndexError:  # the SDK takes a valid reply for a longer one than it is
                continue
            if result == scservo_sdk.COMM_SUCCESS:
                return model
        return None

    def roll_call(self, servos: Mapping[str, int], model: int) -> None:
        """Ping each of `servos`, ids by joint name.

        Raises:
            DriverError: one is silent, or of another model; who answered.
        """
        models = {name: self.ping(servo) for name, servo in servos.items()}
        label = {name: f"{name} (id {servo})" for name, servo in servos.items()}
        answered = ", ".join(label[name] for name, found in models.items() if found is not None)
        missing = [label[name] for name, found in models.items() if found is None]
        if not answered:
            raise DriverError(
                f"no servo answers on {self.name}; check that the arm's own power supply is on (USB does not "
                "feed it) and that this is the port of the arm"
            )
        if missing:
            raise DriverError(
                f"no answer from {', '.join(missing)} on {self.name}; answered: {answered}. Check the cable "
                "into the first silent one: all behind it hang on it"
            )
        for name, found in models.items():
            if found != model:
                raise DriverError(
                    f"servo {label[name]} on {self.name} is of model {found}, not {model}: another arm?"
                )

    def read(self, servo: int, register: Register) -> int:
        """The value of a register.

        Raises:
            DriverError: no answer.
        """
        data = self.sync_read([servo], register.address, register.size)
        if servo not in data:
            raise DriverError(f"servo {servo} on {self.name} is silent; check its cable and the power")
        return register.decode(data[servo].data)

    def write(self, servo: int, register: Register, value: int) -> None:
        """Set a register, and have the servo acknowledge it.

        Raises:
            DriverError: no answer.
        """
        data = register.encode(value)
        for _ in range(self.attempts):
            result, _ = self._talk(
                lambda: self._packets.writeTxRx(self._port, servo, register.address, len(data), data)
            )
            if result == scservo_sdk.COMM_SUCCESS:
                return
        raise DriverError(
            f"servo {servo} on {self.name} does not acknowledge; check its cable and the power, and that its "
            "Response Status Level (register 8) is 1"
        )

    def sync_read(self, servos: Sequence[int], address: int, size: int) -> dict[int, Reply]:
        """`size` bytes at `address` of many servos by one packet; those that stay silent are missing.

        Raises:
            DriverError: the port is gone.
        """
        replies: dict[int, Reply] = {}
        for _ in range(self.attempts):
            replies = self._talk(lambda: self._sync_read(servos, address, size))
            if len(replies) == len(servos):
                break
        return replies

    def sync_write(self, register: Register, values: Mapping[int, int]) -> None:
        """Set one register of many servos by one packet, which nobody acknowledges.

        Raises:
            DriverError: the port is gone.
        """
        block: list[int] = []
        for servo, value in values.items():
            block += [servo, *register.encode(value)]
        self._talk(
            lambda: self._packets.syncWriteTxOnly(
                self._port, register.address, register.size, block, len(block)
            )
        )

    def _sync_read(self, servos: Sequence[int], address: int, size: int) -> dict[int, Reply]:
        replies: dict[int, Reply] = {}
        self._packets.syncReadTx(self._port, address, size, list(servos), len(servos))
        while len(replies) < len(servos):
            packet, result = self._packets.rxPacket(self._port)
            whole = result == scservo_sdk.COMM_SUCCESS and len(packet) == HEADER + size + CHECKSUM
            if whole and packet[scservo_sdk.PKT_ID] in servos:
                data, error = bytes(packet[HEADER:-CHECKSUM]), packet[scservo_sdk.PKT_ERROR]
                replies[packet[scservo_sdk.PKT_ID]] = Reply(data, error)
            elif self._port.isPacketTimeout():
                break
        return replies

    def _talk(self, exchange: Callable[[], Any]) -> Any:
        try:
            return exchange()
        except (OSError, termios.error) as error:  # pyserial's own errors are OSErrors
            raise DriverError(f"{self.name} is gone ({error}); check the USB cable, connect anew") from error
        finally:
            self._port.is_using = False
