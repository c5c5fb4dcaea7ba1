"""Named settings, to be saved and staged, and the way back to the last good ones."""

from typing import Any

from wm_robot.core.errors import WmrError
from wm_robot.core.files import write_atomic
from wm_robot.dashboard.cards import cards, note
from wm_robot.dashboard.page import Page
from wm_robot.dashboard.staging import Staging
from wm_robot.insight.presets import Preset, ros_parameters
from wm_robot.planners.planning import planning_from_json

CHECKPOINT = "(the checkpoint's own)"


class PresetControls:
    """A folder of controls; see `Staging` for what they act on."""

    def __init__(self, page: Page) -> None:
        self._page, self._staging, gui = page, Staging.of(page), page.gui
        self._replacing: dict[int, str] = {}  # by page: the old name that it was told of
        with gui.add_folder("Presets"):
            self._choice: Any = gui.add_dropdown(
                "preset", (CHECKPOINT,), initial_value=CHECKPOINT, hint="Named settings, a file each."
            )
            self._load: Any = gui.add_button(
                "Load into the planner's tab", hint="Staged there, not yet applied."
            )
            self._name: Any = gui.add_text("save as", initial_value="", hint="Name of a preset, new or old.")
            self._save: Any = gui.add_button("Save staged settings", hint="Needs the token.")
            self._rollback: Any = gui.add_button(
                "Roll back to the last good settings",
                color="orange",
                hint="Those in force before the newest change, if they had run 10 periods without a fault. "
                "Needs the token.",
            )
            self._broken: Any = gui.add_html("", visible=False)
        self._load.on_click(lambda event: page.attempt(event, lambda: self._on_load(event)))
        self._save.on_click(lambda event: page.attempt(event, lambda: self._on_save(event)))
        self._rollback.on_click(lambda event: page.attempt(event, lambda: self._staging.roll_back(event)))
        self._draw()
        self._staging.preset_listeners.append(lambda: self._draw(self._choice.value))

    def _on_load(self, event: Any) -> None:
        name = self._choice.value
        if name == CHECKPOINT:
            self._staging.stage_all(planning_from_json(self._page.model_config.planning))
        else:
            presets, _ = self._staging.presets.read()
            if name not in presets:
                self._draw()
                raise WmrError(f"preset {name!r} is gone or broken; the list is read again")
            presets[name].check_robot(self._page.subject.robot)
            self._staging.stage_all(presets[name].planning)
        changes = len(self._staging.differences())
        self._page.tell(
            event, "Staged", f"{changes} settings differ from those in force; apply them under Planner."
        )

    def _on_save(self, event: Any) -> None:
        subject = self._page.subject
        preset = Preset(
            name=self._name.value.strip(),
            robot=subject.robot,
            task=subject.task,
            planning=self._staging.planning(),
        )
        told = self._replacing.get(event.client_id) == preset.name
        if preset.name in self._staging.presets.read()[0] and not told:
            self._replacing[event.client_id] = preset.name
            raise WmrError(f"there is a preset {preset.name!r} already; save again to replace it")
        self._replacing.pop(event.client_id, None)
        (file,) = self._staging.save(event, preset)
        write_atomic(file.with_suffix(".yaml"), ros_parameters(preset).encode())
        self._draw(preset.name)
        self._page.tell(
            event, "Saved", f"{file}: wmr run --config {file}; as ROS parameters beside it (.yaml)"
        )

    def _draw(self, chosen: str = CHECKPOINT) -> None:
        presets, broken = self._staging.presets.read()
        self._choice.options = (CHECKPOINT, *presets)
        self._choice.value = chosen if chosen in (CHECKPOINT, *presets) else CHECKPOINT
        self._broken.visible = bool(broken)
        self._broken.content = cards(*(note(f"{file} is left out: {why}") for file, why in broken.items()))
