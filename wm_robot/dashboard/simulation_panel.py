"""Time and chance of a simulation: pause, step, slow down, begin anew, push."""

from typing import Any

import numpy as np

from wm_robot.dashboard.page import Page
from wm_robot.dashboard.panel import View
from wm_robot.runtime.watch.requests import Pause, Push, Request, Restart, Resume, SetSpeed, StepOnce

SPEEDS = ("0.1 ×", "0.25 ×", "0.5 ×", "1 ×", "2 ×", "4 ×")
DIRECTIONS = {"+x": (1, 0), "−x": (-1, 0), "+y": (0, 1), "−y": (0, -1)}
PUSH_M_S = 0.4
LARGEST_SEED = 2**31 - 1


class SimulationPanel:
    """Each control asks the planner; what it shows is what the planner then tells."""

    title, place = "Simulation", "control"

    def __init__(self, page: Page) -> None:
        self._page = page
        gui = page.gui
        self._told: Any = gui.add_markdown("The simulation has not told anything yet.")
        if not page.subject.simulated_time:
            self._told.content = (
                "Nothing to control here: only a simulation in simulated time can be paused, stepped and "
                "pushed. `wmr dashboard` without `--driver` runs one."
            )
            return
        with gui.add_folder("Time"):
            self._pause = gui.add_button("Pause", hint="Let simulated time stand still.")
            self._pause.on_click(self._toggle)
            self._button("One period", StepOnce(), "One control period, then pause.")
            self._speed = gui.add_dropdown(
                "Speed",
                SPEEDS,
                initial_value="1 ×",
                hint="Simulated seconds a second; the planner is as fast as ever.",
            )
            self._speed.on_update(self._set_speed)
        with gui.add_folder("Episode"):
            self._button("Next episode", Restart(), "Another start and another goal.")
            self._seed = gui.add_number(
                "Seed", 1, min=0, max=LARGEST_SEED, step=1, hint="Equal seeds give equal starts and goals."
            )
            button = gui.add_button("Begin the episode of this seed")
            button.on_click(lambda event: self._ask(event, Restart(seed=int(self._seed.value))))
        self._push_folder = gui.add_folder("Push an object", visible=False)
        with self._push_folder:
            self._object: Any = gui.add_dropdown("Object", ("none",), initial_value="none")
            self._push_speed = gui.add_slider(
                "Speed (m/s)", 0.1, 1.0, 0.1, PUSH_M_S, hint="That the object gets."
            )
            directions = gui.add_button_group("Towards", tuple(DIRECTIONS), hint="In the world frame.")
            directions.on_click(self._push)
        self._paused = False

    def show(self, view: View) -> None:
        simulation = view.snapshot.simulation
        if simulation is None or not self._page.subject.simulated_time:
            return
        state = "paused" if simulation.paused else f"running, {simulation.speed:g} ×"
        self._told.content = (
            f"Episode {view.snapshot.episode}, {simulation.time_s:.1f} s, {state}. Seed {simulation.seed}."
        )
        self._paused = simulation.paused
        self._pause.label = "Go on" if simulation.paused else "Pause"
        names = tuple(simulation.objects)
        if names and self._object.options != names:
            self._object.options = names
            self._push_folder.visible = True

    def _button(self, label: str, request: Request, hint: str) -> None:
        button = self._page.gui.add_button(label, hint=hint)
        button.on_click(lambda event: self._ask(event, request))

    def _ask(self, event: Any, request: Request) -> None:
        if self._page.may_command(event):
            self._page.ask(request, event)

    def _toggle(self, event: Any) -> None:
        self._ask(event, Resume() if self._paused else Pause())

    def _set_speed(self, event: Any) -> None:
        if event.client is not None:  # else it was set by the planner's own word
            self._ask(event, SetSpeed(speed=float(self._speed.value.split()[0])))

    def _push(self, event: Any) -> None:
        x, y = DIRECTIONS[event.target.value]
        velocity = float(self._push_speed.value) * np.array([x, y, 0.0])
        self._ask(event, Push(name=str(self._object.value), velocity=velocity))
