"""How to reach a UR arm and how it follows."""

from dataclasses import dataclass
from typing import Literal

from wm_robot.core.errors import WmrError


@dataclass(frozen=True, kw_only=True)
class URConfig:
    """Numbers of the driver `ur`.

    Args:
        host: address or name of the controller. Its ports are fixed: 29999, 30003 and 30004.
        mode: "servoj" streams positions, "speedj" streams velocities.
        rtde_rate_hz: at which the controller sends its state; a divisor of 500.
        watchdog_hz: commands must come at least this often, or the controller ends the program and brakes.
        lookahead_s: servoj smooths over this time, 0.03 to 0.2 s; a longer one lags more.
        gain: servoj's position gain, 100 to 2000; a higher one tracks more stiffly and may vibrate.
        speedj_gain_1_s: rate at which speedj takes back an error of position, so that it does not drift.
        stop_deceleration: of `stop()`: of the tool in m/s² for servoj, of the fastest joint in rad/s² for
            speedj.
        stop_timeout_s: how long `stop()` waits for the standstill before it asks the dashboard server.
    """

    host: str
    mode: Literal["servoj", "speedj"] = "servoj"
    rtde_rate_hz: float = 500.0
    watchdog_hz: float = 10.0
    lookahead_s: float = 0.1
    gain: float = 300.0
    speedj_gain_1_s: float = 1.0
    stop_deceleration: float = 10.0
    stop_timeout_s: float = 1.0

    def __post_init__(self) -> None:
        if self.mode not in ("servoj", "speedj"):
            raise WmrError(f"UR config mode={self.mode!r}; valid: servoj, speedj")
        if not 0 < self.rtde_rate_hz <= 500 or 500 % self.rtde_rate_hz != 0:
            raise WmrError(f"UR config rtde_rate_hz={self.rtde_rate_hz}; valid: a divisor of 500")
        for name, low, high in (
            ("watchdog_hz", 1, 125),
            ("lookahead_s", 0.03, 0.2),  # this line and the next: ur_rtde refuses more
            ("gain", 100, 2000),
            ("speedj_gain_1_s", 0, 10),
            ("stop_deceleration", 0.1, 40),
            ("stop_timeout_s", 0.1, 5),
        ):
            if not low <= getattr(self, name) <= high:
                raise WmrError(f"UR config {name}={getattr(self, name)}; valid: {low} to {high}")
