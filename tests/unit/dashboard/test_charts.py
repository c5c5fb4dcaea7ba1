"""Charts say what they show, and survive whatever data come."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from wm_robot.dashboard.charts import SERIES, Line, chart, histogram, shares
from wm_robot.dashboard.colours import css


def svg(html):
    return ET.fromstring(re.search(r"<svg.*?</svg>", html, re.DOTALL).group(0))


def texts(html):
    return [element.text for element in svg(html).iter("text")]


def test_a_chart_names_its_axes_its_lines_and_its_limit():
    html = chart(
        "Time (ms)",
        [
            Line(label="encode", x=[0, 1, 2], y=[1.0, 2.0, 4.0]),
            Line(label="update", x=[0, 1, 2], y=[0, 0, 1]),
        ],
        x_label="period",
        limit=5.0,
        limit_label="deadline",
    )
    assert "<figcaption>Time (ms)</figcaption>" in html
    assert "period" in texts(html)
    assert all(word in html for word in ("encode", "update", "deadline"))
    assert {line.get("stroke") for line in svg(html).iter("polyline")} == {css(SERIES[0]), css(SERIES[1])}


def test_a_gap_in_the_data_is_a_gap_in_the_line():
    html = chart("y", [Line(label="a", x=range(5), y=[1, 2, np.nan, 3, 4])], x_label="x")
    runs = [line.get("points").split() for line in svg(html).iter("polyline")]
    assert [len(points) for points in runs] == [2, 2]


@pytest.mark.parametrize("y", [[], [np.nan, np.nan]])
def test_without_data_a_chart_says_so(y):
    html = chart("y", [Line(label="a", x=range(len(y)), y=y)], x_label="x")
    assert "nothing to show yet" in texts(html)
    assert "nothing to show yet" in texts(histogram("h", [], x_label="x"))


@pytest.mark.parametrize("y", [[3.0], [0.0, 0.0], [-1e9, 1e9], [1e-12, 2e-12], [5.0, 5.0]])
def test_every_point_lies_within_the_frame(y):
    html = chart("y", [Line(label="a", x=range(len(y)), y=y, dots=True)], x_label="x", low=None)
    for dot in svg(html).iter("circle"):
        assert 0 <= float(dot.get("cx")) <= 320
        assert 0 <= float(dot.get("cy")) <= 180


def test_a_logarithmic_axis_has_equal_steps_for_equal_factors():
    html = chart("y", [Line(label="a", x=[1, 10, 100], y=[1, 1, 1], dots=True)], x_label="ms", log_x=True)
    x = [float(dot.get("cx")) for dot in svg(html).iter("circle")]
    assert x[1] - x[0] == pytest.approx(x[2] - x[1], abs=0.2)
    assert {"1", "10", "100"} <= set(texts(html))


@pytest.mark.parametrize("top", [1e-7, 0.00123, 3.0, 123456.0, 9e9])
def test_numbers_beside_an_axis_are_short_enough_for_their_place(top):
    html = chart("y", [Line(label="a", x=[0, 1], y=[top / 3, top])], x_label="")
    assert max(len(text or "") for text in texts(html)) <= 7  # of 6 px each, before x = 52


def test_the_last_number_of_an_axis_ends_within_the_chart():
    html = chart("y", [Line(label="a", x=[80, 10_000], y=[1, 2])], x_label="", log_x=True)
    (last,) = (text for text in svg(html).iter("text") if text.text == "10000")
    assert float(last.get("x")) + 5 * 3.5 <= 320  # half of five digits of 7


def test_bars_of_a_histogram_count_all_values():
    html = histogram("h", [1.0, 1.0, 9.9], x_label="ms", bins=10)
    heights = [float(bar.get("height")) for bar in svg(html).iter("rect")]
    assert len(heights) == 2
    assert heights[0] == pytest.approx(2 * heights[1], rel=0.02)


def test_shares_are_of_the_whole():
    html = shares("Costs", [("pose", 3.0), ("smoothness", 1.0)])
    assert [rect.get("width") for rect in svg(html).iter("rect")] == ["75.00%", "25.00%"]
    assert "75%" in html
    assert "nothing to share" in shares("Costs", [("pose", 0.0)])


def test_texts_cannot_become_markup():
    lines = [Line(label="<b>", x=[0], y=[1])]
    parts = [("<b>", 1.0)]
    for html in (
        chart("<b>", lines, x_label="<b>"),
        histogram("<b>", [1.0], x_label="<b>"),
        shares("<b>", parts),
    ):
        assert "<b>" not in html
