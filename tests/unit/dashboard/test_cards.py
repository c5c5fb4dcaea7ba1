"""Texts and tables of the page."""

from wm_robot.dashboard.cards import cards, note, table


def test_texts_cannot_become_markup():
    for html in (note("<b>"), table("<b>", [("<b>", "<b>")], head=("<b>", "<b>"))):
        assert "<b>" not in cards(html)
