"""The manners mountains are painted in: hemp, axe, Mi dots, splash, blue-green, soft."""

from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True)
class Manner:
    """How a mountain is painted; lengths in heights of a mountain that fills 0.6 of the picture.

    `strokes` is the number of texture strokes, `length` and `width` their ranges, `dry` the share
    of them a dry brush makes. `wash` is the strength of the ink wash, `posterize` how hard its
    edges are, `color` how much of the palette's colour the rock has (0: paper). `ribs` scales the
    number of ridges, `smooth` blurs the relief (cells of its grid), `steep` is how far strokes run
    off sideways from a ridge. `contour`, `moss`, `trees`, `mist` are amounts of these, `pool` that
    of poured colour.
    """

    strokes: int
    length: tuple[float, float]
    width: tuple[float, float]
    wash: float
    dry: float = 0.6
    posterize: float = 0.0
    color: float = 0.6
    ribs: float = 1.0
    smooth: float = 2.4
    steep: float = 1.2
    contour: float = 0.8
    moss: float = 0.5
    trees: float = 0.8
    mist: float = 0.5
    pool: float = 0.0
    folds: int = 8

    def sized(self, height: float) -> "Manner":
        """The manner for a mountain of this height (share of the picture's): one brush paints all.

        A small mountain has fewer and, for its size, broader strokes.
        """
        k = min(max(0.62 / height, 0.9), 4.0)
        return replace(
            self,
            strokes=int(self.strokes / k**1.15),
            length=(self.length[0] * k**0.45, self.length[1] * k**0.45),
            width=(self.width[0] * k**0.72, self.width[1] * k**0.72),
            folds=max(2, round(self.folds / k**0.7)),
            trees=self.trees * (0.5 if k > 1.8 else 1.0),
            moss=self.moss / k**0.5,
            contour=self.contour * k**-0.15,
            ribs=self.ribs / k**0.3,
        )


MANNERS: Final = {
    "hemp": Manner(
        3600, (0.06, 0.19), (0.0021, 0.0052), 0.27, dry=0.75, steep=0.95, contour=0.95, moss=0.8,
        color=0.62, folds=8,
    ),
    "axe": Manner(
        2300, (0.028, 0.09), (0.006, 0.017), 0.40, dry=0.9, posterize=0.85, smooth=1.4, steep=1.7,
        contour=1.1, moss=0.25, trees=0.7, color=0.6, folds=7,
    ),
    "mi": Manner(
        3000, (0.016, 0.040), (0.007, 0.015), 0.46, dry=0.1, smooth=5, steep=0.8, contour=0.0,
        moss=0.0, trees=0.9, mist=0.95, color=0.5, ribs=0.5, folds=6,
    ),
    "splash": Manner(
        320, (0.06, 0.18), (0.006, 0.020), 0.85, dry=0.8, smooth=3, contour=0.0, moss=0.3,
        trees=0.6, mist=0.9, color=0.5, pool=1.0, folds=5,
    ),
    "blue_green": Manner(
        1150, (0.05, 0.13), (0.0014, 0.0030), 0.34, dry=0.3, smooth=2.0, contour=1.2, color=1.0,
        trees=0.9,
    ),
    "soft": Manner(
        560, (0.08, 0.2), (0.0035, 0.010), 0.58, dry=0.7, smooth=1.8, steep=1.6, contour=0.3,
        moss=0.1, trees=0.5, mist=0.9, color=0.9, ribs=0.9, folds=5,
    ),
}  # fmt: skip
