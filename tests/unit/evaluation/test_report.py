"""The report page, from small synthetic episodes."""

import base64
import re
import struct
import xml.etree.ElementTree as ET
import zlib
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from wm_robot.core.errors import NotFiniteError, ShapeError
from wm_robot.data.video import decode, stream_info
from wm_robot.evaluation.report.charts import histogram, line_chart, ticks
from wm_robot.evaluation.report.episode import DemoEpisode, Outcome, TaskReport
from wm_robot.evaluation.report.page import write_report
from wm_robot.evaluation.report.pictures import adjoin, enlarge, png, video_uri

T = 6


def episode(seed=0, final_error=0.01):
    generator = np.random.default_rng(seed)
    frames = generator.integers(0, 256, (T + 1, 16, 16, 3), dtype=np.uint8)
    return DemoEpisode(
        seed=seed,
        success=final_error < 0.02,
        images={"front": frames, "side": frames},
        goal_images={"front": frames[0], "side": frames[1]},
        imagined={"front": frames[2:5], "side": frames[2:5]},
        imagined_from=1,
        latent_distance=np.linspace(3.0, 0.5, T + 1),
        error=np.linspace(0.3, final_error, T + 1),
        plan_ms=np.full(T, 40.0),
        actions=np.zeros((T, 3)),
    )


def task_report(**changes):
    report = TaskReport(
        task="reach",
        unit="m",
        tolerance=0.02,
        rate_hz=5.0,
        outcomes=(
            Outcome(
                name="model", episodes=3, success_rate=2 / 3, success_ci=(0.2, 0.9), median_final_error=0.013
            ),
            Outcome(
                name="random", episodes=3, success_rate=0.0, success_ci=(0.0, 0.56), median_final_error=0.31
            ),
        ),
        episodes=(episode(0, 0.01), episode(1, 0.05), episode(2, 0.013)),
    )
    return replace(report, **changes)


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "report.html"
    write_report(path, [task_report()], {"seed": "1 & <2>"})
    return path.read_text()


def test_the_page_needs_nothing_from_outside(page):
    sources = re.findall(r'(?:src|href)="([^"]{0,20})', page)
    assert sources
    assert all(source.startswith("data:") for source in sources)
    assert "@import" not in page
    assert "url(" not in page


def test_the_page_is_well_formed_and_escapes_what_it_is_given(page):
    open_tags = []

    class Balance(HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag not in ("meta", "img"):
                open_tags.append(tag)

        def handle_endtag(self, tag):
            assert open_tags.pop() == tag

    Balance().feed(page)
    assert open_tags == []
    assert "1 &amp; &lt;2&gt;" in page


def test_the_page_tells_success_with_its_interval_and_the_errors_in_centimetres(page):
    for words in ("2 of 3", "67%", "20% – 90%", "1.3 cm", "31.0 cm", "goals reached within 2.0 cm"):
        assert words in page


def test_a_task_without_a_tolerance_names_none(tmp_path):
    write_report(tmp_path / "report.html", [task_report(tolerance=None, unit="reward")], {})
    page = (tmp_path / "report.html").read_text()
    assert "within" not in page
    assert "0.3 reward" in page


def test_the_shown_episode_is_the_median_one_and_the_worst_is_there_too():
    # Final errors 0.01, 0.05 and 0.013: seed 2 is in the middle, seed 1 the worst.
    report = task_report()
    assert report.median_episode().seed == 2
    assert report.worst_episode().seed == 1


def test_the_video_is_what_every_browser_plays_in_real_time():
    frames = np.zeros((T + 1, 16, 33, 3), np.uint8)
    frames[:, :, 16:] = 255
    prefix, content = video_uri(frames, rate_hz=5.0).split(",")
    assert prefix == "data:video/mp4;base64"
    video = base64.b64decode(content)
    info = stream_info(video)
    assert (info["video.codec"], info["video.pix_fmt"], info["video.fps"]) == ("h264", "yuv420p", 5)
    # 640 // 33 = 19 times: 304 × 627, cut to 304 × 626 because 4:2:0 needs even sides.
    shown = decode(video, np.arange(T + 1) / 5.0)
    assert shown.shape == (T + 1, 304, 626, 3)
    assert shown[3, 100, 50].max() < 10
    assert shown[3, 100, 500].min() > 245


def test_a_png_holds_every_pixel():
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    content = png(image)
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", content[16:24]) == (7, 5)
    start = content.index(b"IDAT")
    (length,) = struct.unpack(">I", content[start - 4 : start])
    rows = np.frombuffer(zlib.decompress(content[start + 4 : start + 4 + length]), np.uint8).reshape(5, 22)
    np.testing.assert_array_equal(rows[:, 1:].reshape(5, 7, 3), image)


def test_enlarging_repeats_pixels_and_never_shrinks():
    image = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    np.testing.assert_array_equal(enlarge(image, 5)[:2, :2], np.broadcast_to(image[0, 0], (2, 2, 3)))
    assert enlarge(image, 5).shape == (4, 4, 3)
    assert enlarge(image, 1).shape == (2, 2, 3)


def test_adjoined_cameras_have_a_white_line_between_them():
    black = np.zeros((3, 4, 4, 3), np.uint8)
    both = adjoin([black, black], axis=-2)
    assert both.shape == (3, 4, 10, 3)  # 4 + 2 + 4 columns
    assert both[:, :, 4:6].min() == 255
    assert both[:, :, :4].max() == both[:, :, 6:].max() == 0


@pytest.mark.parametrize(
    ("maximum", "expected"),
    [
        (1.0, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (7.0, [0, 2, 4, 6]),
        (0.03, [0, 0.01, 0.02, 0.03]),
        (480.0, [0, 100, 200, 300, 400]),
    ],
)
def test_ticks_are_round_numbers_up_to_the_maximum(maximum, expected):
    assert ticks(maximum) == pytest.approx(expected)


def test_the_highlighted_curve_is_drawn_last_and_ends_where_its_data_does():
    chart = ET.fromstring(
        line_chart(
            [[4.0, 2.0, 0.0], [1.0, 1.0, 1.0]], dt=0.5, x_label="s", y_label="m", highlight=0, limit=2.0
        )
    )
    curves = chart.findall("polyline")
    assert [c.get("class") for c in curves] == ["other", "curve"]
    points = [tuple(map(float, p.split(","))) for p in curves[1].get("points", "").split()]
    # x runs from 52 to 468, y from 200 up to 14 at 1.05 times the largest value, 4.2.
    assert points[0] == pytest.approx((52, 200 - 186 * 4 / 4.2), abs=0.06)
    assert points[2] == pytest.approx((468, 200), abs=0.06)
    limit = next(line for line in chart.findall("line") if line.get("class") == "limit")
    assert float(limit.get("y1", "nan")) == pytest.approx(points[1][1])


def test_a_histogram_has_a_bar_for_each_value_range_that_occurs():
    chart = ET.fromstring(histogram([10.0, 10.0, 90.0], x_label="ms", limit=100.0, bins=10))
    bars = chart.findall("rect")
    assert len(bars) == 2
    heights = [float(bar.get("height", "nan")) for bar in bars]
    assert heights[0] == pytest.approx(2 * heights[1], abs=0.2)


def test_episodes_that_contradict_themselves_are_refused():
    good = episode()
    with pytest.raises(ShapeError, match="error has shape"):
        replace(good, error=np.zeros(T))
    with pytest.raises(ShapeError, match="images of front"):
        replace(good, images={"front": good.images["front"][:-1]})
    with pytest.raises(ShapeError, match="imagined frames of front"):
        replace(good, imagined_from=4)  # three imagined frames, but only two were left to see
    with pytest.raises(NotFiniteError, match="latent_distance"):
        replace(good, latent_distance=np.full(T + 1, np.nan))
