"""Feetech servos on a pseudo-terminal, where the arm's USB adapter would be.

Written from Feetech's protocol manual and memory table, and from nothing of the driver's. An instruction is
FF FF id length instruction parameters… checksum, its answer FF FF id length error data… checksum, with
length = parameters + 2 and checksum = ~(id + length + … + last parameter) & FF.
"""

import os
import pty
import select
import threading
import time
import tty
from collections.abc import Callable

PING, READ, WRITE, SYNC_READ, SYNC_WRITE = 0x01, 0x02, 0x03, 0x82, 0x83
BROADCAST = 0xFE
EPROM_END = 40


def packet(servo, code, parameters=()):
    """A whole packet; `code` is the instruction of a question and the error byte of an answer."""
    body = bytes([servo, len(parameters) + 2, code, *parameters])
    return b"\xff\xff" + body + bytes([~sum(body) & 0xFF])


class Servo:
    """An STS3215 that is at its goal at once, so that no motion goes unnoticed.

    encoder: where its shaft is, ticks; turn it by hand by setting it.
    travel: ticks that its motor has turned it.
    error: the error byte of its answers.
    eprom_writes: how often bytes were written for good.
    """

    def __init__(self, servo_id, encoder=2048, model=777):
        self.encoder, self.travel, self.error, self.eprom_writes = encoder, 0, 0, 0
        self.memory = bytearray(96)
        self.set(3, model, 2)
        self.set(5, servo_id)
        self.set(7, 250)
        self.set(8, 1)
        self.set(11, 4095, 2)
        self.set(18, 12)  # fine velocity unit; speed 0 means the highest
        self.set(21, 32)
        self.set(22, 32)
        self.set(48, 1000, 2)
        self.eprom = bytes(self.memory[:EPROM_END])

    def set(self, address, value, size=1):
        self.memory[address : address + size] = value.to_bytes(size, "little")

    def get(self, address, size=1):
        return int.from_bytes(self.memory[address : address + size], "little")

    @property
    def offset(self):
        raw = self.get(31, 2)
        return -(raw & 0x7FF) if raw & 0x800 else raw

    @property
    def present(self):
        return (self.encoder - self.offset) % 4096

    def keep(self):
        """Make the EPROM what the memory holds now, as the factory or an earlier calibration did."""
        self.eprom = bytes(self.memory[:EPROM_END])

    def power_cycle(self):
        self.memory[:EPROM_END] = self.eprom
        self.memory[40], self.memory[55] = 0, 1

    def read(self, address, size):
        self.set(56, self.present, 2)
        return bytes(self.memory[address : address + size])

    def write(self, address, data):
        self.memory[address : address + len(data)] = data
        if address < EPROM_END and not self.get(55):
            self.eprom = self.eprom[:address] + bytes(data) + self.eprom[address + len(data) :]
            self.eprom_writes += 1
        self._turn()

    def _turn(self):
        if self.get(40) and self.get(33) == 0:
            turn = min(max(self.get(42, 2), self.get(9, 2)), self.get(11, 2)) - self.present
            self.travel += abs(turn)
            self.encoder = (self.encoder + turn) % 4096


class ServoBus:
    """Servos by id behind the serial port `port`; use it with `with`.

    received: whole instructions with a right checksum, oldest first.
    instruction_filter, answer_filter: what becomes of each packet on the line; None loses it.
    delay_s: before each answer.
    """

    def __init__(self, servos):
        self.servos = servos
        self.received: list[bytes] = []
        self.instruction_filter: Callable[[bytes], bytes | None] = lambda whole: whole
        self.answer_filter: Callable[[bytes], bytes | None] = lambda whole: whole
        self.delay_s = 0.0

    def __enter__(self):
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._open = True
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self.vanish()

    def say(self, whole):
        """Put bytes on the line that nobody asked for."""
        os.write(self._master, whole)

    def vanish(self):
        """Pull the USB plug."""
        if self._open:
            self._open = False
            self._thread.join()
            os.close(self._master)
            os.close(self._slave)

    def _serve(self):
        buffer = b""
        while self._open:
            if select.select([self._master], [], [], 0.02)[0]:
                buffer = self._take(buffer + os.read(self._master, 4096))

    def _take(self, buffer):
        """Answer every whole packet in `buffer`; what is left of it."""
        while True:
            start = buffer.find(b"\xff\xff")
            if start < 0:
                return buffer[-1:]
            buffer = buffer[start:]
            if len(buffer) < 4 or len(buffer) < 4 + buffer[3]:
                return buffer
            whole, buffer = buffer[: 4 + buffer[3]], buffer[4 + buffer[3] :]
            heard = self.instruction_filter(whole)
            if heard and heard == packet(heard[2], heard[4], heard[5:-1]):
                self.received.append(heard)
                self._obey(heard[2], heard[4], heard[5:-1])

    def _obey(self, servo_id, instruction, parameters):
        if instruction == SYNC_READ:
            address, size, *ids = parameters
            for each in ids:
                self._answer(each, lambda servo: servo.read(address, size))
        elif instruction == SYNC_WRITE:
            address, size = parameters[:2]
            for i in range(2, len(parameters), size + 1):
                if parameters[i] in self.servos:
                    self.servos[parameters[i]].write(address, parameters[i + 1 : i + 1 + size])
        elif instruction == PING:
            self._answer(servo_id, lambda servo: b"")
        elif instruction == READ:
            self._answer(servo_id, lambda servo: servo.read(parameters[0], parameters[1]))
        elif instruction == WRITE:
            self._answer(servo_id, lambda servo: servo.write(parameters[0], parameters[1:]) or b"")

    def _answer(self, servo_id, act):
        servo = self.servos.get(servo_id)
        if servo is None:
            return
        whole = self.answer_filter(packet(servo_id, servo.error, act(servo)))
        time.sleep(self.delay_s)
        if whole:
            os.write(self._master, whole)


def once(act, condition):
    """A filter that does `act` to the first packet that meets the condition; `left` is empty once it has."""
    left = [1]

    def apply(whole):
        if left and condition(whole):
            left.pop()
            return act(whole)
        return whole

    apply.left = left
    return apply


def lose(whole):
    return None


def corrupt(whole):
    return whole[:6] + bytes([whole[6] ^ 0x10]) + whole[7:]


def claim_to_be_long(whole):
    return whole[:3] + b"\xf0" + whole[4:]
