"""The calibration board as a file that prints at its true size."""

import zlib
from pathlib import Path

import cv2
import numpy as np

from wm_hardware.calibration_board import Board
from wm_robot.core.errors import WmrError
from wm_robot.core.files import write_atomic

PIXELS_PER_SQUARE = 300
MARGIN_M = 0.015
POINTS_PER_M = 72 / 0.0254


def print_board(board: Board, path: Path) -> None:
    """Write the board with a white margin: a PDF of its true size, or a PNG of no size of its own.

    Raises:
        WmrError: a file that is neither .pdf nor .png.
    """
    margin = round(MARGIN_M / board.square_m * PIXELS_PER_SQUARE)
    grey = np.pad(board.picture(PIXELS_PER_SQUARE)[..., 0], margin, constant_values=255)
    if path.suffix == ".pdf":
        write_atomic(path, _pdf(grey, board.square_m / PIXELS_PER_SQUARE))
    elif path.suffix == ".png":
        write_atomic(path, cv2.imencode(".png", grey)[1].tobytes())
    else:
        raise WmrError(f"the board is written as .pdf or .png, not as {path.name}")


def _pdf(grey: np.ndarray, pixel_m: float) -> bytes:
    """A page that one grey picture fills. Source: ISO 32000-1, 7.5 (file structure) and 8.9.5 (images)."""
    height, width = grey.shape
    page = f"{width * pixel_m * POINTS_PER_M:.3f} {height * pixel_m * POINTS_PER_M:.3f}"
    drawing = f"q {page.replace(' ', ' 0 0 ')} 0 0 cm /I Do Q".encode()
    picture = zlib.compress(grey.tobytes())
    image = (
        f"/Type /XObject /Subtype /Image /Width {width} /Height {height} "
        "/ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /FlateDecode"
    )
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {page}] /Contents 4 0 R "
        "/Resources << /XObject << /I 5 0 R >> >> >>".encode(),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
        b"<< %s /Length %d >>\nstream\n%s\nendstream" % (image.encode(), len(picture), picture),
    ]
    content, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return content + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, table, len(objects) + 1, len(content))
    )
