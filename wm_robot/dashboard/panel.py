"""What a panel of the page is, and what it may use.

A panel is a class with a `title`, a `place` and two methods::

    class AgePanel:
        title, place = "Age", "plots"

        def __init__(self, page: Page) -> None:
            self._page = page
            self._age = page.gui.add_number("age of the observation (ms)", 0.0, disabled=True)
            button = page.gui.add_button("Plan with one round", hint="needs the token")
            button.on_click(self._one_round)

        def show(self, view: View) -> None:
            self._age.value = 1e3 * view.snapshot.age_s

`__init__` runs once, inside the panel's tab: whatever it adds to `page.gui` appears there. It must not
compute for long. `show` runs in the dashboard's one loop thread for each new snapshot, 10 times a second at
most, so a panel needs no lock between its own `show` calls; callbacks of the GUI run in other threads. An
exception of `show` becomes a message in the panel and costs no other panel anything. A panel that shows more
than snapshots, such as a file, has `at_rest = True`: it is shown the last view again while nothing new comes.

Texts. viser renders HTML inside Markdown: what a file, an error or an arm says goes through `html.escape`, or
through `charts.note`, which does. A script in the page would hold the operator's token.

Commands. Every page sees the same GUI, whoever moved a slider. Whatever changes the planner, the arm or a
file asks first, in the callback: `if not page.may_command(event): return`, which tells a viewer without the
token why nothing happens. Then `page.ask(request, event)`; the planner's refusal is shown to that viewer.
`page.attempt(event, action)` asks first, too, and tells that viewer what is wrong where `action` fails.

Long computations go to the page's one worker thread, at the lowest priority: `page.later(work, done)` calls
`done(result)` in the loop thread; a panel has one computation at a time, `page.busy(self)` says whether it is
still running, and its WmrError is shown.

The model. `view.mind` is None until the checkpoint is loaded, some seconds after the page; then it holds the
model and a backend of one thread, for the loop thread and the worker alike (`mind.lock` around each use).
`page.model_config` (spaces, normalisation) is there at once. `looks.second_look` makes a decision again
with all its candidates, once for all panels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

from wm_robot.kernels.backend import Backend
from wm_robot.planners.world_model import WorldModel
from wm_robot.runtime.watch.snapshot import Snapshot

if TYPE_CHECKING:
    from wm_robot.dashboard.page import Page

Place = Literal["control", "plots"]
"""In the column at the right, or below the scene."""


@dataclass(frozen=True, kw_only=True)
class Mind:
    """The dashboard's own copy of the model, to make plans again without troubling the planner.

    Args:
        model: the checkpoint.
        backend: rolls it out on one thread.
        lock: to be held while either is used.
    """

    model: WorldModel
    backend: Backend
    lock: Lock = field(default_factory=Lock)


@dataclass(frozen=True, kw_only=True)
class View:
    """What a panel shows.

    Args:
        snapshot: the newest one.
        recent: the last ones, one a period and oldest first; `snapshot` is the last.
        mind: None until it is loaded.
        live: False while a recorded run is looked at.
    """

    snapshot: Snapshot
    recent: Sequence[Snapshot]
    mind: Mind | None
    live: bool = True


class Panel(Protocol):
    """See the module's text."""

    title: ClassVar[str]
    place: ClassVar[Place]

    def __init__(self, page: "Page") -> None: ...

    def show(self, view: View) -> None: ...
