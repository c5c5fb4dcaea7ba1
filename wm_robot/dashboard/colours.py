"""Colours that people with any kind of colour vision tell apart."""

Colour = tuple[int, int, int]
"""Red, green and blue from 0 to 255."""

BLACK: Colour = (0, 0, 0)
ORANGE: Colour = (230, 159, 0)
SKY: Colour = (86, 180, 233)
GREEN: Colour = (0, 158, 115)
YELLOW: Colour = (240, 228, 66)
BLUE: Colour = (0, 114, 178)
VERMILION: Colour = (213, 94, 0)
PURPLE: Colour = (204, 121, 167)
# Source: Okabe and Ito 2008, Color Universal Design.


def css(colour: Colour) -> str:
    """Such as "#0072b2"."""
    return f"#{bytes(colour).hex()}"
