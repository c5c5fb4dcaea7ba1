"""Whether more time would help a plan, asked of the page."""

import re

import pytest

from .conftest import click

pytest.importorskip("viser")
from wm_robot.dashboard.time_panel import TimePanel


def test_the_question_is_answered_in_one_sentence(page, view, settle):
    panel = TimePanel(page)
    question = panel._question
    click(question._button)
    assert page.told[-1][0] == "Not yet"
    panel.show(view())
    settle(panel._shares)
    click(question._button)
    assert question._button.disabled
    settle(question._analysis)
    assert not question._button.disabled
    assert re.search(r">(Too slow|Wrong cost|Neither)[^<]+\.<", question._answer.content)
    assert question._answer.content.count("×") >= 8  # a row for each budget
