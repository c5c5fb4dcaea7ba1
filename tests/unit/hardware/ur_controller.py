"""An emulated e-Series controller: the arm, its safety system, and the control program of ur_rtde.

The program is not interpreted: what it answers to each command in its input registers is written down here
after `scripts/rtde_control.script` of ur_rtde 1.6.5. Time passes in `tick`, one control cycle of 2 ms.
"""

import math

CYCLE_S = 0.002
MAX_SPEED, MAX_ACCELERATION, HARD_STOP = (
    3.14,
    40.0,
    40.0,
)  # rad/s, rad/s²; the last is that of the safety system

# Commands of the control program, in input_int_register_0.
NO_COMMAND, SPEEDJ, SERVOJ, SPEED_STOP, SERVO_STOP, SET_WATCHDOG, STOP_SCRIPT = 0, 9, 11, 15, 16, 35, 255
# Its answers, in output_int_register_0.
READY, DONE = 1, 2

# runtime_state, robot_mode, safety_mode and the bits of safety_status_bits, as in the RTDE guide.
STOPPED, PLAYING, PAUSED = 1, 2, 4
POWER_OFF, RUNNING = 3, 7
NORMAL, PROTECTIVE_STOP, ROBOT_EMERGENCY_STOP = 1, 3, 7
BITS = {NORMAL: 1 << 0, PROTECTIVE_STOP: 1 << 2 | 1 << 10, ROBOT_EMERGENCY_STOP: 1 << 6 | 1 << 7 | 1 << 10}
PROGRAM_WORDS = {STOPPED: "STOPPED", PLAYING: "PLAYING", PAUSED: "PAUSED"}
SAFETY_WORDS = {
    NORMAL: "NORMAL",
    PROTECTIVE_STOP: "PROTECTIVE_STOP",
    ROBOT_EMERGENCY_STOP: "ROBOT_EMERGENCY_STOP",
}


class Controller:
    """State and motion of the arm; joint arrays in UR's order, rad."""

    def __init__(self) -> None:
        self.time_s = 1000.0  # since the controller was switched on
        self.q = [0.3, -1.5, -2.0, -1.0, 1.5, -1.3]
        self.qd = [0.0] * 6
        self.model, self.remote_control, self.sends_states = "UR5", True, True
        self.version = "URSoftware 5.15.2.1234567 (Mar 01 2024)"
        self.robot_mode, self.safety_mode = RUNNING, NORMAL
        self.runtime_state = STOPPED
        self.input_int, self.input_double = [0] * 48, [0.0] * 48
        self.output_int = [0] * 48
        self.scripts = 0
        self.received: dict[str, int] = {"servoj": 0, "speedj": 0}
        self._end_program()

    def start_program(self) -> None:
        """The text of a program has arrived."""
        self._end_program()
        self.scripts += 1
        if self.safety_mode == NORMAL and self.robot_mode == RUNNING:
            self.runtime_state = PLAYING
            self.output_int[0] = READY

    def input_arrived(self, int_registers: list[int]) -> None:
        """An RTDE input package was stored: a command of the stream, and a kick of the watchdog."""
        if 0 in int_registers:
            self._last_input_s = self.time_s
            for name, number in (("servoj", SERVOJ), ("speedj", SPEEDJ)):
                self.received[name] += self.input_int[0] == number

    def protective_stop(self) -> None:
        self.safety_mode = PROTECTIVE_STOP
        if self.runtime_state == PLAYING:
            self.runtime_state = PAUSED

    def release_and_play(self) -> None:
        """Somebody unlocks the protective stop and presses Play: a paused program goes on where it was."""
        self.safety_mode = NORMAL
        if self.runtime_state == PAUSED:
            self.runtime_state = PLAYING

    def emergency_stop(self) -> None:
        self.safety_mode, self.robot_mode = ROBOT_EMERGENCY_STOP, POWER_OFF
        self._end_program()

    def run_other_program(self) -> None:
        self._end_program()
        self.runtime_state = PLAYING

    def dashboard(self, request: str) -> str:
        """The dashboard server's answer, in its own words."""
        if request == "stop":
            if self.runtime_state == STOPPED:
                return "Failed to execute: stop"
            self._end_program()
            return "Stopped"
        answers = {
            "PolyscopeVersion": self.version,
            "get serial number": "20235500001",
            "get robot model": self.model,
            "is in remote control": "true" if self.remote_control else "false",
            "robotmode": f"Robotmode: {'RUNNING' if self.robot_mode == RUNNING else 'POWER_OFF'}",
            "safetystatus": f"Safetystatus: {SAFETY_WORDS[self.safety_mode]}",
            "programState": f"{PROGRAM_WORDS[self.runtime_state]} rtde_control",
        }
        return answers.get(request, f'could not understand: "{request}"')

    def outputs(self) -> dict[str, object]:
        """Output variables by their names in the RTDE guide."""
        values: dict[str, object] = {
            "timestamp": self.time_s,
            "actual_q": self.q,
            "actual_qd": self.qd,
            "robot_mode": self.robot_mode,
            "safety_mode": self.safety_mode,
            "safety_status_bits": BITS[self.safety_mode],
            "robot_status_bits": 0b1 | (self.runtime_state == PLAYING) << 1,
            "runtime_state": self.runtime_state,
        }
        values |= {f"output_int_register_{i}": value for i, value in enumerate(self.output_int)}
        return values | {f"output_double_register_{i}": 0.0 for i in range(48)}

    def tick(self) -> None:
        self.time_s += CYCLE_S
        if self.runtime_state == PLAYING:
            self._run_program()
        if self._watchdog_hz and self.time_s - self._last_input_s > 1 / self._watchdog_hz:
            self._end_program()
        self._move()

    def _end_program(self) -> None:
        self.runtime_state = STOPPED
        self._motion = NO_COMMAND
        self._deceleration = HARD_STOP
        self._executing = False
        self._watchdog_hz = 0.0
        self._last_input_s = self.time_s

    def _run_program(self) -> None:
        command = self.input_int[0]
        if self._motion in (SPEED_STOP, SERVO_STOP):  # stopl and stopj return at standstill
            if any(self.qd):
                return
            self._motion, self.output_int[0] = NO_COMMAND, DONE
        if command in (SERVOJ, SPEEDJ):
            self._motion, self.output_int[0] = command, READY
            self._target = list(self.input_double[:6])
            self._gains = list(self.input_double[6:11])
        elif command == NO_COMMAND:
            self._executing, self.output_int[0] = False, READY
        elif not self._executing:
            self._executing = True
            if command == SET_WATCHDOG:
                self._watchdog_hz, self.output_int[0] = self.input_double[0], DONE
            elif command in (SPEED_STOP, SERVO_STOP):
                # stopl brakes at m/s² of the tool; taken here for a tool at 1 m from every joint
                self._motion, self._deceleration = command, self.input_double[0]
            elif command == STOP_SCRIPT:
                self._end_program()

    def _move(self) -> None:
        if self.runtime_state == PLAYING and self._motion == SERVOJ:
            lookahead_s = self._gains[3]
            wanted = [(t - q) / lookahead_s for t, q in zip(self._target, self.q, strict=True)]
            limit = MAX_ACCELERATION
        elif self.runtime_state == PLAYING and self._motion == SPEEDJ:
            wanted, limit = self._target, self._gains[0]
        else:
            wanted, limit = [0.0] * 6, self._deceleration if self.safety_mode == NORMAL else HARD_STOP
        for i, value in enumerate(wanted):
            # A NaN in a register would be a fault of the driver: the real controller ends the program.
            assert math.isfinite(value)
            speed = min(max(value, -MAX_SPEED), MAX_SPEED)
            step = min(max(speed - self.qd[i], -limit * CYCLE_S), limit * CYCLE_S)
            self.qd[i] += step
            self.q[i] += self.qd[i] * CYCLE_S
