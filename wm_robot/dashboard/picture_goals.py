"""Goals that are pictures of how it should look: as the cameras see it now, from files, or recorded."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from wm_robot.core.types import Goal, Image
from wm_robot.dashboard.page import Page
from wm_robot.dashboard.panel import View
from wm_robot.dashboard.pictures import picture_goal, read_upload
from wm_robot.data.features import CAMERA_PREFIX
from wm_robot.data.reader import read_dataset
from wm_robot.runtime.watch.requests import Aim
from wm_robot.runtime.watch.snapshot import Snapshot


class PictureGoals:
    """Two folders of controls; `show` tells it what the cameras see."""

    def __init__(self, page: Page) -> None:
        self._page, gui = page, page.gui
        self._senses = page.model_config.observation_space
        self._uploaded: dict[str, Image] = {}
        self._snapshot: Snapshot | None = None
        with gui.add_folder("Pictures", expand_by_default=False):
            now = gui.add_button(
                "As the cameras see it now", hint="Come back to how all looks at this moment."
            )
            now.on_click(self._aim_at_now)
            for name in self._senses.cameras:
                upload = gui.add_upload_button(f"File for camera {name}", mime_type="image/*")
                upload.on_upload(lambda event, name=name: self._upload(event, name))
            self._files = gui.add_markdown("No file yet: one for each camera.")
            go = gui.add_button("Go to the files' goal")
            go.on_click(self._aim_at_files)
        with gui.add_folder("A recorded frame", expand_by_default=False):
            self._dataset = gui.add_text(
                "Dataset", "", hint="Folder of a LeRobotDataset, such as a run's dataset/."
            )
            self._episode = gui.add_number("Episode", 0, min=0, step=1)
            self._frame = gui.add_number("Frame", 0, min=0, step=1)
            go = gui.add_button("Go to this frame")
            go.on_click(self._aim_at_frame)

    def show(self, view: View) -> None:
        self._snapshot = view.snapshot

    def _aim_at_now(self, event: Any) -> None:
        if self._snapshot is not None and self._page.may_command(event):
            self._page.ask(Aim(goal=Goal(images=dict(self._snapshot.observation.images))), event)

    def _upload(self, event: Any, name: str) -> None:
        def take() -> None:
            file = event.target.value
            self._uploaded[name] = read_upload(file.name, file.content)
            self._files.content = f"There: {', '.join(self._uploaded)}."

        self._page.attempt(event, take, refusal="Not taken")

    def _aim_at_files(self, event: Any) -> None:
        self._aim_at(event, lambda: self._uploaded)

    def _aim_at_frame(self, event: Any) -> None:
        self._aim_at(event, self._recorded)

    def _recorded(self) -> dict[str, Image]:
        keys = {f"{CAMERA_PREFIX}{name}": name for name in self._senses.cameras}
        dataset = read_dataset(Path(str(self._dataset.value).strip()))
        frame = dataset.load_frame(int(self._episode.value), int(self._frame.value), keys)
        return {name: frame[key] for key, name in keys.items()}

    def _aim_at(self, event: Any, pictures: Callable[[], Mapping[str, Image]]) -> None:
        def pursue() -> None:
            self._page.ask(Aim(goal=picture_goal(pictures(), self._senses)), event)

        self._page.attempt(event, pursue, refusal="No goal")
