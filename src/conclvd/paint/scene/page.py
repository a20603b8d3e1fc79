"""A picture being composed: what stands where, and which places are taken."""

from dataclasses import dataclass, field

import numpy as np

from conclvd.paint.scene.choices import Choices
from conclvd.paint.scene.scene import Element, Peak, Range, Scene, Veil

CLIP_SECONDS = 4 / 3
"""Length of a training clip: what moves is in the picture's middle part then."""
Span = tuple[float, float]


@dataclass
class Page:
    """What has been placed so far, back to front, and the boxes it takes.

    Coordinates as in scene.py. `side` is 1 or -1: the side of the near shore or of the chief
    mountain; `far_line` is the height at which things have dwindled to a third.
    """

    scene: Scene
    choices: Choices
    side: int
    far_line: float = 0.55
    ranges: list[Range] = field(default_factory=list)
    veils: list[Veil] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)
    taken: list[tuple[float, float, float, float]] = field(default_factory=list)

    @property
    def unit(self) -> float:
        """The measure of sizes."""
        return self.scene.unit

    @property
    def aspect(self) -> float:
        """Width of the picture, in heights."""
        return self.scene.aspect

    @property
    def inset(self) -> tuple[float, float]:
        """How much of each side the camera may hide during a training clip, x and y."""
        camera = self.scene.camera
        if camera.zoom:
            most = 1.165 if camera.zoom < 0 else 1 + camera.zoom * CLIP_SECONDS
            crop = (1 - 1 / most) / 2
            return crop * self.aspect, crop
        return 0.06 * self.unit * bool(camera.pan[0]), 0.05 * self.unit * bool(camera.pan[1])

    def at(self, t: float) -> float:
        """The x of a place from -1 to 1 over the width, positive on the page's side."""
        return self.aspect * (0.5 + 0.5 * t * self.side)

    def span(self, t0: float, t1: float) -> Span:
        """Two places as (left, right)."""
        return min(self.at(t0), self.at(t1)), max(self.at(t0), self.at(t1))

    def share(self, t0: float, t1: float) -> Span:
        """Two places as shares of the width, (left, right)."""
        left, right = self.span(t0, t1)
        return left / self.aspect, right / self.aspect

    def rng(self, name: str) -> np.random.Generator:
        """The generator of the element `name`."""
        return self.scene.rng(name)

    def nearness(self, y: float) -> float:
        """The share of its foreground size that a thing standing at the height `y` has."""
        return float(np.interp(y, [self.far_line, 1.0], [0.36, 1.0]))

    def add(self, element: Element, half: float, up: float, down: float = 0.0) -> None:
        """Place an element; its box is `half` wide to both sides, `up` above and `down` below."""
        self.elements.append(element)
        self.take(element.x, element.y, half, up, down)

    def take(self, x: float, y: float, half: float, up: float, down: float = 0.0) -> None:
        """Note a box as taken."""
        self.taken.append((x - half, y - up, x + half, y + down))

    def skyline(self, x: float) -> float:
        """About where the mountains begin at an x, seen from above."""
        tops = (m.base - _rise(m, p, x) for m in self.ranges for p in m.peaks)
        return min(tops, default=1.0)

    def crowding(self, x: float, y: float, half: float, tall: float) -> float:
        """How much a box around (x, y) overlaps what is there, or crosses the picture's edge."""
        edge, high = (0.04 * self.unit + i for i in self.inset)
        cost = 8 * max(0, edge - (x - half), x + half + edge - self.aspect)
        cost += 8 * max(0, high - (y - tall), y + tall - 1 + high)
        for left, top, right, bottom in self.taken:
            wide = min(right, x + half) - max(left, x - half)
            deep = min(bottom, y + tall) - max(top, y - tall)
            gap = max(-wide, -deep)
            near = 3 * max(0.0, 0.13 * self.unit - gap)
            cost += 1 + min(wide, deep) * 4 if gap < 0 else near
        return cost

    def free(
        self, rng: np.random.Generator, x: Span, y: Span, half: float, tall: float, *,
        sky: bool = False, tries: int = 40,
    ) -> tuple[float, float, float]:  # fmt: skip
        """The least crowded of some places in a box (x in shares of the width): x, y and cost.

        With `sky`, places in front of mountains cost.
        """
        best = (0.0, 0.0, 1e9)
        for px, py in zip(
            rng.uniform(*x, tries) * self.aspect, rng.uniform(*y, tries), strict=True
        ):
            cost = self.crowding(px, py, half, tall)
            # The nearer to a third, the better.
            share = px / self.aspect
            cost += 0.25 * min(abs(share - 1 / 3), abs(share - 2 / 3))
            if sky:
                low = min(self.skyline(px + d * half) for d in (-1, -0.5, 0, 0.5, 1))
                cost += 9 * max(0.0, py + tall + 0.03 - low)
            if cost < best[2]:
                best = (float(px), float(py), float(cost))
        return best


def _rise(mountains: Range, peak: Peak, x: float) -> float:
    """About how high a mountain stands over its base at an x."""
    away = abs(x - peak.x) / peak.half_width
    if mountains.form == "wash":
        return float(peak.height * max(0.0, 1 - (away / 1.2) ** 1.4))
    flat = 0.8 if peak.plan in ("range", "columns", "cliff", "plateau") else 0.45
    return (
        peak.height
        * 1.02
        * (1.0 if away < flat else max(0.0, 1 - ((away - flat) / (1 - flat)) ** 2))
    )
