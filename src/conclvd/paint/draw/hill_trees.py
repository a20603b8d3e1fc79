"""Small trees on mountains, in ink: pines, broad crowns, bare ones, far upright touches."""

import numpy as np
import numpy.typing as npt

from conclvd.paint.draw.folds import Fold
from conclvd.paint.draw.ink import Ink, dabs, ribbons
from conclvd.paint.noise import FloatArray

_KINDS = ("pine", "broad", "bare", "far")


class _Trees:
    """Trees of one kind with feet [n 2] and heights [n]."""

    def __init__(
        self, rng: np.random.Generator, wet: Ink, tint: Ink, feet: FloatArray, size: FloatArray,
        dark: float,
    ) -> None:  # fmt: skip
        self.rng, self.wet, self.tint = rng, wet, tint
        self.feet, self.size, self.dark = feet, size, dark
        self.lean = rng.normal(0, 0.10, len(feet))

    def trunks(self, thickness: float) -> None:
        """Bent trunks that thin towards their tops."""
        n = len(self.feet)
        k = np.linspace(0, 1, 5)[None]
        bend = self.rng.normal(0, 0.07, (n, 1)) * np.sin(k * 3.0)
        size = self.size[:, None]
        across = self.feet[:, :1] + size * (self.lean[:, None] * k + bend)
        trunk = np.stack([across, self.feet[:, 1:] - size * k], -1).astype(np.float32)
        thick = (size * thickness * (1.15 - 0.95 * k) + 0.0007).astype(np.float32)
        self.wet.polygons(ribbons(trunk, thick), self.dark * self.rng.uniform(0.6, 0.9, n))

    def along(self, q: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Points [n m 2] of the trunks at heights q [n m] or [m]."""
        up = np.broadcast_to(q, (len(self.feet), np.shape(q)[-1]))
        offset = np.stack([self.lean[:, None] * up, -up], -1) * self.size[:, None, None]
        return np.asarray(self.feet[:, None] + offset, np.float64)

    def touches(
        self, ink: Ink, at: npt.NDArray[np.float64], length: npt.NDArray[np.float64],
        width: npt.NDArray[np.float64], angle: npt.NDArray[np.float64],
        alpha: npt.NDArray[np.float64],
    ) -> None:  # fmt: skip
        """Touches at points [n m 2]; the rest is [n m] or broadcasts to it, sizes in heights."""
        shape = at.shape[:2]
        size = self.size[:, None]
        numbers = (length * size, width * size, angle, alpha)
        flat = [np.broadcast_to(number, shape).ravel() for number in numbers]
        shapes = dabs(self.rng, at.reshape(-1, 2).astype(np.float32), *flat[:3])
        ink.polygons(shapes, flat[3])

    def pines(self) -> None:
        """Level tiers of needles, wider below."""
        n, tiers = len(self.feet), 6
        q = np.repeat(0.34 + 0.64 * np.arange(tiers) / (tiers - 1), 3)
        up = q + self.rng.normal(0, 0.02, (n, len(q)))
        reach = (0.36 * (1.08 - up) + 0.05) * self.rng.uniform(0.5, 1.2, up.shape)
        off = self.rng.normal(0, 0.55, up.shape) * reach
        lower = np.abs(off) * 0.22 + self.rng.normal(0, 0.02, up.shape)
        at = self.along(up) + np.stack([off, lower], -1) * self.size[:, None, None]
        tilt = np.sign(off) * self.rng.uniform(0.0, 0.35, up.shape)
        alpha = self.dark * self.rng.uniform(0.35, 0.85, up.shape)
        self.touches(self.wet, at, reach * 1.25, np.array([0.085]), tilt, alpha)

    def broad(self) -> None:
        """Lumps of leaves, each a tint under dark touches."""
        n = len(self.feet)
        centres = self.along(self.rng.uniform(0.62, 1.0, (n, 3)))
        centres = centres + self.rng.normal(0, 0.16, (n, 3, 2)) * self.size[:, None, None]
        self.touches(
            self.tint, centres, np.array([0.62]), np.array([0.46]),
            self.rng.normal(0, 0.4, (n, 3)), self.rng.uniform(0.25, 0.55, (n, 3)),
        )  # fmt: skip
        at = np.repeat(centres, 6, 1)
        spread = self.rng.normal(0, 1, at.shape) * (0.16, 0.11) * self.size[:, None, None]
        shape = at.shape[:2]
        self.touches(
            self.wet, at + spread, self.rng.uniform(0.12, 0.22, shape), np.array([0.10]),
            self.rng.normal(0, 0.5, shape), self.dark * self.rng.uniform(0.25, 0.8, shape),
        )  # fmt: skip

    def bare(self) -> None:
        """Forked twigs like crabs' claws."""
        n, m = len(self.feet), 6
        turn = self.rng.choice([-1, 1], (n, m)) * self.rng.uniform(0.4, 1.0, (n, m))
        reach = (self.size[:, None] * self.rng.uniform(0.25, 0.5, (n, m)))[..., None]
        base = self.along(self.rng.uniform(0.35, 0.95, (n, m)))
        mid = base + np.stack([np.sin(turn), -np.cos(turn)], -1) * reach * 0.5
        tip = mid + np.stack([np.sin(turn * 0.4), -np.cos(turn * 0.4)], -1) * reach * 0.6
        fork = mid + np.stack([np.sin(turn * 1.8), -np.cos(turn * 1.5)], -1) * reach * 0.45
        wide = np.repeat(self.size * 0.03 + 0.0006, m)[:, None].astype(np.float32)
        twigs = np.stack([base, mid, tip], 2), np.stack([mid, (mid + fork) / 2, fork], 2)
        for ends, share in zip(twigs, ((1.2, 0.8, 0.3), (0.8, 0.6, 0.25)), strict=True):
            lines = ends.reshape(-1, 3, 2).astype(np.float32)
            shapes = ribbons(lines, wide * np.array(share, np.float32))
            self.wet.polygons(shapes, self.dark * 0.75)

    def far(self) -> None:
        """A few upright touches: a tree far away."""
        n = len(self.feet)
        at = self.along(self.rng.uniform(0.2, 0.7, (n, 3)))
        at = at + self.rng.normal(0, 0.10, at.shape) * self.size[:, None, None]
        self.touches(
            self.wet, at, np.array([0.6]), np.array([0.22]),
            np.pi / 2 + self.rng.normal(0, 0.2, (n, 3)),
            self.dark * self.rng.uniform(0.3, 0.8, (n, 3)),
        )  # fmt: skip


def draw_trees(
    rng: np.random.Generator, wet: Ink, tint: Ink, feet: FloatArray, size: FloatArray, kind: str,
    dark: float,
) -> None:  # fmt: skip
    """Trees of one kind (pine, broad, bare, far) with feet [n 2], heights [n], ink `dark`."""
    if len(feet) == 0:
        return
    trees = _Trees(rng, wet, tint, feet, size, dark)
    if kind != "far":
        trees.trunks(0.075 if kind == "broad" else 0.055)
    {"pine": trees.pines, "broad": trees.broad, "bare": trees.bare, "far": trees.far}[kind]()


def grove(
    rng: np.random.Generator, fold: Fold, wet: Ink, tint: Ink, amount: float, dark: float,
    scale: float,
) -> None:  # fmt: skip
    """Trees along the skyline of a fold, in clusters, their feet behind it."""
    for _ in range(int(rng.poisson(amount * (0.8 + 2.0 * fold.near)))):
        kind = str(rng.choice(_KINDS, p=[0.34, 0.34, 0.10, 0.22]))
        n = int(rng.integers(3, 9))
        steps = np.cumsum(rng.uniform(0.003, 0.022, n)) * scale
        x = fold.centre + fold.half * float(rng.normal(0, 0.33)) + steps
        size = (0.040 + 0.04 * fold.near) * rng.uniform(0.55, 1.25, n) * scale
        size *= 0.6 if kind == "far" else 1.0
        y = fold.height_at(x.astype(np.float32))
        sink = 0.10 * size + rng.uniform(0, 0.012, n)
        fit = (y < fold.top + 0.62 * (fold.foot - fold.top)) & (x > fold.x[0]) & (x < fold.x[-1])
        feet = np.stack([x[fit], y[fit] + sink[fit]], -1).astype(np.float32)
        shade = dark * float(rng.uniform(0.6, 1.0))
        draw_trees(rng, wet, tint, feet, size[fit].astype(np.float32), kind, shade)
