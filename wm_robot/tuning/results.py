"""What a study leaves behind for people: presets of its front, a picture and a page."""

import re
from pathlib import Path

from wm_robot.insight.presets import Preset, PresetFolder
from wm_robot.tuning.report.page import write_report
from wm_robot.tuning.view import StudyView

PRESETS = "presets"


def write_results(folder: Path, study: StudyView) -> dict[int, Path]:
    """Write them into the study's folder; returns the preset's file for each trial of the front.

    Presets of an earlier front, before the budget was raised, make way.
    """
    presets = PresetFolder(path=folder / PRESETS)
    saved = {
        number: presets.save(
            Preset(
                name=preset_name(study, number),
                robot=study.robot,
                task=study.task,
                planning=study.trial(number).planning,
            )
        )
        for number in study.front
    }
    for path in presets.path.glob(f"{_stem(study)}*.json"):
        if path not in saved.values():
            path.unlink()
    write_report(folder, study)
    return saved


def preset_name(study: StudyView, number: int) -> str:
    """What the preset of a trial is called."""
    return f"{_stem(study)}{number}"


def _stem(study: StudyView) -> str:
    return re.sub(r"[^\w.+-]", "-", study.task)[:40] + "-trial-"
