"""The folder of a camera's pictures, and the board as it leaves a printer."""

import re
import zlib

import cv2
import numpy as np
import pytest
from board_pictures import BOARD, board_poses, picture
from wm_hardware.board_print import print_board
from wm_hardware.view_folder import ViewFolder

from wm_robot.core.errors import WmrError


def test_a_view_is_on_the_disk_as_soon_as_it_is_added(tmp_path):
    folder, X_WE = ViewFolder(tmp_path / "front"), board_poses(1)[0]
    image = picture(X_WE)
    assert [folder.add(image, X_WE), folder.add(image, 2 * X_WE)] == ["000.png", "001.png"]
    first, second = ViewFolder(tmp_path / "front").views()
    np.testing.assert_array_equal(first.image, image)
    np.testing.assert_array_equal(first.X_WE, X_WE)
    np.testing.assert_array_equal(second.X_WE, 2 * X_WE)


def test_a_picture_that_was_removed_leaves_the_numbers_of_the_others(tmp_path):
    folder = ViewFolder(tmp_path)
    for _ in range(3):
        folder.add(np.zeros((8, 8, 3), np.uint8), np.eye(4))
    (tmp_path / "001.png").unlink()
    assert folder.add(np.zeros((8, 8, 3), np.uint8), np.eye(4)) == "003.png"
    assert len(folder.views()) == 3


def test_what_is_missing_or_broken_is_named(tmp_path):
    folder = ViewFolder(tmp_path)
    with pytest.raises(WmrError, match="holds no picture"):
        folder.images()
    folder.add(np.zeros((8, 8, 3), np.uint8), np.eye(4))
    folder.add(np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(WmrError, match=r"no pose of 001\.png"):
        folder.views()
    (tmp_path / "poses.json").write_text('{"000.png": [[1, 2], [3]]}')
    with pytest.raises(WmrError, match="no JSON object of 4 x 4 matrices"):
        folder.poses()
    (tmp_path / "000.png").write_text("not a picture")
    with pytest.raises(WmrError, match=r"000\.png is no picture"):
        folder.images()


def test_the_pdf_is_true_to_size_and_holds_the_board(tmp_path):
    print_board(BOARD, tmp_path / "board.pdf")
    pdf = (tmp_path / "board.pdf").read_bytes()
    width, height = map(float, re.search(rb"MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf).groups())
    # 7 by 5 squares of 35 mm and a margin of 15 mm to each side: 275 by 205 mm, to a pixel of 0.12 mm.
    assert width / 72 * 25.4 == pytest.approx(275, abs=0.3)
    assert height / 72 * 25.4 == pytest.approx(205, abs=0.3)
    columns, rows = map(int, re.search(rb"/Width (\d+) /Height (\d+)", pdf).groups())
    start = pdf.index(b"stream\n", pdf.index(b"/FlateDecode")) + len(b"stream\n")
    grey = np.frombuffer(zlib.decompress(pdf[start : pdf.index(b"\nendstream", start)]), np.uint8)
    found = BOARD.find(np.repeat(grey.reshape(rows, columns, 1), 3, axis=2))
    # A chessboard has one inner corner less than squares each way: 6 times 4.
    assert found is not None
    assert len(found.pixels) == 24
    for place in re.findall(rb"(\d{10}) 00000 n", pdf):
        assert re.match(rb"\d 0 obj", pdf[int(place) :])
    assert pdf[int(re.search(rb"startxref\n(\d+)", pdf)[1]) :].startswith(b"xref")


def test_the_png_holds_the_board_and_no_other_form_is_written(tmp_path):
    print_board(BOARD, tmp_path / "board.png")
    assert BOARD.find(cv2.imread(str(tmp_path / "board.png"))) is not None
    with pytest.raises(WmrError, match=r"\.pdf or \.png, not as board\.svg"):
        print_board(BOARD, tmp_path / "board.svg")
