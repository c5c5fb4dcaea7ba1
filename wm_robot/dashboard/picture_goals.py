"""Goals that are pictures of how it should look: as the cameras see it now, from files, or recorded."""

from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from wm_robot.core.types import Goal, Image
from wm_robot.dashboard.analysis import Analysis
from wm_robot.dashboard.page import Page
from wm_robot.dashboard.panel import View
from wm_robot.dashboard.pictures import enlarged, picture_goal, read_upload
from wm_robot.data.features import CAMERA_PREFIX
from wm_robot.data.reader import read_dataset
from wm_robot.runtime.watch.requests import Aim
from wm_robot.runtime.watch.snapshot import Snapshot

PREVIEW_PX = 120

Frame = tuple[str, int, int]
"""A dataset's folder, an episode of it and a frame of that."""


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
            self._found: Any = gui.add_markdown("Name a dataset to see its frames here.")
            blank = np.full((PREVIEW_PX, PREVIEW_PX, 3), 235, np.uint8)
            self._preview = {
                name: gui.add_image(blank, label=f"Camera {name}", visible=False)
                for name in self._senses.cameras
            }
            go = gui.add_button("Go to this frame")
            go.on_click(self._aim_at_frame)
        self._previews: Analysis[Frame, dict[str, Image]] = Analysis(
            page, self._recorded, self._draw_preview, self._tell_no_preview
        )
        for chosen in (self._dataset, self._episode, self._frame):
            chosen.on_update(lambda event: self._previews.of(self._chosen()))

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
        self._aim_at(event, lambda: self._recorded(self._chosen()))

    def _chosen(self) -> Frame:
        return str(self._dataset.value).strip(), int(self._episode.value), int(self._frame.value)

    def _recorded(self, frame: Frame) -> dict[str, Image]:
        folder, episode, number = frame
        keys = {f"{CAMERA_PREFIX}{name}": name for name in self._senses.cameras}
        found = read_dataset(Path(folder)).load_frame(episode, number, keys)
        return {name: found[key] for key, name in keys.items()}

    def _draw_preview(self, pictures: dict[str, Image]) -> None:
        for name, shown in self._preview.items():
            shown.image, shown.visible = enlarged(pictures[name], PREVIEW_PX), True
        self._found.content = "This frame would be the goal:"

    def _tell_no_preview(self, problem: str) -> None:
        for shown in self._preview.values():
            shown.visible = False
        self._found.content = f"**No such frame:** {escape(problem)}"

    def _aim_at(self, event: Any, pictures: Callable[[], Mapping[str, Image]]) -> None:
        def pursue() -> None:
            self._page.ask(Aim(goal=picture_goal(pictures(), self._senses)), event)

        self._page.attempt(event, pursue, refusal="No goal")
