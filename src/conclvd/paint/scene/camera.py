"""The camera: where a layer lies on the screen at a time."""

import math
from dataclasses import dataclass

from conclvd.paint.scene.scene import Camera

# The camera travels at its speed for this share of its way, then eases out and stays.
_STEADY = 0.75
_PAN_START, _PAN_LIMIT = -0.05, 0.11
_ZOOM_LIMIT = 0.3


@dataclass(frozen=True)
class Placement:
    """Screen = (layer + `shift` - `centre`) * `zoom` + `centre`, all in world units."""

    shift: tuple[float, float]
    zoom: float
    centre: tuple[float, float]

    def to_screen(self, x: float, y: float) -> tuple[float, float]:
        """The point on the screen of a point of the layer."""
        cx, cy = self.centre
        return (
            (x + self.shift[0] - cx) * self.zoom + cx,
            (y + self.shift[1] - cy) * self.zoom + cy,
        )


def eased(progress: float) -> float:
    """Travelled share of a way: linear up to three quarters, then easing out towards 1."""
    if progress <= _STEADY:
        return progress
    rest = 1.0 - _STEADY
    return 1.0 - rest * math.exp(-(progress - _STEADY) / rest)


def _travel(speed: float, seconds: float) -> float:
    """Displacement of a panning camera, kept within the painted margins for any length."""
    if speed == 0:
        return 0.0
    way = _PAN_LIMIT - _PAN_START
    travelled = _PAN_START + way * eased(abs(speed) * seconds / way)
    return travelled if speed > 0 else -travelled


def zoom_at(camera: Camera, seconds: float) -> float:
    """Magnification at a time, from 1 to 1.3: zooming out starts large and ends at 1."""
    if camera.zoom == 0:
        return 1.0
    travelled = _ZOOM_LIMIT * eased(abs(camera.zoom) * seconds / _ZOOM_LIMIT)
    return 1.0 + travelled if camera.zoom > 0 else 1.0 + _ZOOM_LIMIT * 0.55 - travelled * 0.55


def place(
    camera: Camera,
    seconds: float,
    parallax: float,
    aspect: float,
    offset: tuple[float, float] = (0.0, 0.0),
) -> Placement:
    """Where a layer of the given `parallax` lies at a time, moved by its own `offset`."""
    shift = (
        _travel(camera.pan[0], seconds) * parallax + offset[0],
        _travel(camera.pan[1], seconds) * parallax + offset[1],
    )
    zoom = 1.0 + (zoom_at(camera, seconds) - 1.0) * parallax
    return Placement(shift=shift, zoom=zoom, centre=(aspect / 2, 0.5))
