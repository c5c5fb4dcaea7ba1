"""A simulation that runs: time passes, and what joints and cameras see is told; needs no ROS."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from wm_sim.optics import Optics
from wm_sim.paced_clock import PacedClock

from wm_robot.core.errors import WmrError
from wm_robot.core.types import Frame, Image, JointState, Score
from wm_robot_ros.sim_arm import SimArm
from wm_robot_ros.sim_settings import MAX_SEED, SimSettings
from wm_robot_ros.sim_studio import SimStudio

MAX_STEP_S = 60.0


class Teller(Protocol):
    """To whom a simulation tells what it does; times and stamps are simulated ones, ns."""

    def tell_time(self, now_ns: int) -> None: ...

    def tell_joints(self, state: JointState) -> None: ...

    def show_pictures(self, frames: Mapping[str, Frame], optics: Mapping[str, Optics]) -> None: ...

    def begin_episode(self, goal: Mapping[str, Image], optics: Mapping[str, Optics], now_ns: int) -> None: ...


class SimWorld:
    """Arm and cameras in simulated time, on a thread of its own.

    Args:
        arm: connected.
        studio: of the arm's simulation.
        clock: simulated time.
        teller: is told everything, on several threads, but never two times of the clock at once.
        settings: rates, and the real-time factor.

    Thread-safe.
    """

    def __init__(
        self, arm: SimArm, studio: SimStudio, clock: PacedClock, teller: Teller, settings: SimSettings
    ) -> None:
        self._arm, self._studio, self._clock, self._teller = arm, studio, clock, teller
        self._period_ns = round(1e9 / settings.rate_hz)
        self._pictures_period_ns = round(1e9 / settings.camera_rate_hz)
        self._pictures_due_ns = 0
        self._pause_s = 1 / (settings.rate_hz * settings.real_time_factor)
        self._turn = threading.Lock()  # of whoever speaks to the arm, or lets time pass
        self._over = threading.Event()
        self._failure = ""
        self._thread = threading.Thread(target=self._run, name="physics", daemon=True)
        self._optics = self._begin_episode()

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """The arm brakes, and time ends."""
        self._over.set()
        self._thread.join()
        self._studio.close()
        self._arm.disconnect()

    def check(self) -> None:
        """Raises WmrError: the simulation has failed, and stands."""
        if self._failure:
            raise WmrError(f"the simulation has failed: {self._failure}")

    def obey(self, take: Callable[[Any], None], message: Any) -> None:
        """Have the arm take a command. Raises WmrError: it is refused."""
        with self._turn:
            take(message)

    def suffer(self, fault: Callable[[int], None]) -> None:
        """Call `fault` with the simulated time, ns, while nobody else speaks to the arm."""
        with self._turn:
            fault(self._clock.now_ns())

    def pause(self, paused: bool) -> None:
        if paused:
            self._clock.pause()
        else:
            self._clock.resume()

    def step(self, duration_s: float) -> int:
        """Go on by `duration_s` while paused, as fast as can be; simulated time afterwards, ns.

        Joint states and pictures come as if time had run, the last ones before this returns.

        Raises:
            WmrError: not paused, or a duration that is not valid.
        """
        if not 0 < duration_s <= MAX_STEP_S:
            raise WmrError(f"a step of {duration_s} s; valid: above 0, at most {MAX_STEP_S:g} s")
        remaining_ns = round(duration_s * 1e9)
        while remaining_ns > 0:
            with self._turn:
                self._clock.step(min(self._period_ns, remaining_ns))
                self._tell()
            remaining_ns -= self._period_ns
            self._studio.wait()
        return self._clock.now_ns()

    def reset(self, seed: int) -> None:
        """Start the episode `seed`; its goal is told before this returns.

        Raises:
            WmrError: no such episode.
        """
        if not 0 <= seed <= MAX_SEED:
            raise WmrError(f"seed is {seed}; valid: 0 to {MAX_SEED}")
        with self._turn:
            state = self._arm.start_episode(seed)
        self._optics = self._begin_episode()
        with self._turn:
            self._teller.tell_joints(state)
        self._studio.shoot(self._show)
        self._studio.wait()

    def score(self) -> tuple[Score, int]:
        """How far the simulation is from its goal, and the seed of the episode."""
        return self._studio.score()

    def _begin_episode(self) -> Mapping[str, Optics]:
        goal, optics = self._studio.goal(), self._studio.optics()
        self._teller.begin_episode(goal, optics, self._clock.now_ns())
        return optics

    def _run(self) -> None:
        due_s = time.monotonic()
        try:
            while not self._over.wait(max(due_s - time.monotonic(), 0.0)):
                with self._turn:
                    if self._clock.paused:
                        self._teller.tell_time(self._clock.now_ns())  # for those that come now
                    else:
                        self._tell()
                due_s = max(due_s + self._pause_s, time.monotonic() - self._pause_s)
        except Exception as error:  # whatever it is: the arm stands now, and that has to be known
            self._failure = f"{type(error).__name__}: {error}"

    def _tell(self) -> None:
        """The time is taken after the state and told before it: a state from the future would be refused."""
        state, now_ns = self._arm.advance(), self._clock.now_ns()
        self._teller.tell_time(now_ns)
        self._teller.tell_joints(state)
        if now_ns >= self._pictures_due_ns and self._studio.shoot(self._show):
            period_ns = self._pictures_period_ns
            self._pictures_due_ns = now_ns // period_ns * period_ns + period_ns

    def _show(self, frames: Mapping[str, Frame]) -> None:
        self._teller.show_pictures(frames, self._optics)
