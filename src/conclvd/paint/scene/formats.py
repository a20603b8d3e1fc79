"""The formats of a painting: album leaf, hanging scroll, landscape, handscroll."""

from typing import Final

NARROWEST: Final = 0.2
WIDEST: Final = 10.0


def format_of(aspect: float) -> str:
    """The format of a picture by its width over its height."""
    if aspect <= 0.8:
        return "hanging"
    if aspect < 1.25:
        return "square"
    return "landscape" if aspect < 2.2 else "handscroll"


def unit_of(aspect: float) -> float:
    """The measure that sizes are given in, in picture heights: what a thing measures in a square.

    On a hanging scroll things are small beside the mountains, on a handscroll they are larger than
    its height would make them.
    """
    return {
        "hanging": min(1.0, 1.2 * aspect),
        "square": min(1.0, aspect),
        "landscape": 0.94,
        "handscroll": 0.84,
    }[format_of(aspect)]
